import { realpath, stat } from "node:fs/promises";
import { join, posix, resolve } from "node:path";
import type { ConnectorDefinition } from "../contract/connector.ts";
import { Fault, type Problem } from "../contract/fault.ts";
import type { LoadedProject, Model, Project, Sync } from "../contract/project.ts";
import type { Trigger } from "../contract/trigger.ts";
import { checkCircles } from "./check-circles.ts";
import { checkNeighbours } from "./check-neighbours.ts";
import { checkOwners } from "./check-owners.ts";
import { checkSuppress } from "./check-suppress.ts";
import { findFiles } from "./find-files.ts";
import { inFileOrder, problem } from "./problem.ts";
import { readModel } from "./read-model.ts";
import { readSettings, type Settings } from "./read-settings.ts";
import { readSyncs } from "./read-syncs.ts";
import { readText, type TextFile } from "./read-text.ts";
import { readTriggers } from "./read-triggers.ts";
import { statePath } from "./state-place.ts";
import { readYaml } from "./yaml-file.ts";

export type LoadOptions = {
  /** The project folder, absolute or relative to where the process stands. */
  readonly dir: string;
  /** Where sluice.yml, models and syncs are read instead: another state of the same project. */
  readonly filesIn?: string;
  /** null takes the first one. */
  readonly environment: string | null;
  readonly connectors: readonly ConnectorDefinition[];
  readonly env: (name: string) => string | undefined;
};

const PROJECT_FILE = "sluice.yml";
/** Beside sluice.yml: the memories of every environment. */
export const WORK_DIR = ".sluice";

/**
 * Reads a project folder: the project, or every problem of every file in file order; a sound project may have warnings.
 * Connects to nothing. Faults: NOT_A_PROJECT where there is no sluice.yml, USAGE for an environment that is not in it.
 */
export async function loadProject(options: LoadOptions): Promise<LoadedProject> {
  const root = await findRoot(options.dir);
  const files = options.filesIn === undefined ? root : await findRoot(options.filesIn);
  const problems: Problem[] = [];
  const settings = await loadSettings({ root, files }, options, problems);
  const models = await loadModels(files, settings, problems);
  const syncFiles = await findFiles(files, "syncs", /\.ya?ml$/i, problems);
  const sources = await readAll(files, syncFiles, problems);
  const { syncs, names, secrets } = readSyncs(sources, syncFiles, settings, models, problems);
  checkNeighbours(syncs, problems);
  checkCircles(syncs, problems);
  checkSuppress(syncs, models.models, problems);
  if (settings !== null) checkOwners(settings.file, settings.alerts, syncs, problems);
  const triggers =
    settings === null ? new Map<string, Trigger>() : readTriggers(settings, { syncs, names }, secrets, problems);
  const sorted = inFileOrder(problems);
  if (settings === null || sorted.some((one) => one.severity === "error")) return { ok: false, problems: sorted };
  const project = assemble(root, settings, models.models, { syncs, triggers, secrets });
  return { ok: true, project, problems: sorted };
}

async function findRoot(dir: string): Promise<string> {
  const shown = resolve(dir);
  try {
    const root = await realpath(shown);
    await stat(join(root, PROJECT_FILE));
    return root;
  } catch (error) {
    const fix = "create one with: sluice init DIR, or name its folder with --project DIR";
    throw new Fault("NOT_A_PROJECT", `${shown} is no Sluice project: it has no ${PROJECT_FILE}`, { fix, cause: error });
  }
}

async function loadSettings(
  { root, files }: { root: string; files: string },
  options: LoadOptions,
  problems: Problem[],
): Promise<Settings | null> {
  const source = await readText(files, PROJECT_FILE);
  if ("message" in source) {
    problems.push(source);
    return null;
  }
  const file = readYaml(source);
  if (Array.isArray(file)) {
    problems.push(...file);
    return null;
  }
  const { environment, connectors, env } = options;
  return readSettings(file, { root, environment, connectors, env }, problems);
}

const READS_AT_ONCE = 64;

async function readAll(root: string, files: readonly string[], problems: Problem[]): Promise<TextFile[]> {
  const texts: TextFile[] = [];
  for (let from = 0; from < files.length; from += READS_AT_ONCE) {
    const page = await Promise.all(files.slice(from, from + READS_AT_ONCE).map((file) => readText(root, file)));
    for (const one of page) {
      if ("message" in one) problems.push(one);
      else texts.push(one);
    }
  }
  return texts;
}

async function loadModels(root: string, settings: Settings | null, problems: Problem[]) {
  const files = await findFiles(root, "models", /\.sql$/i, problems);
  const first = new Map<string, string>();
  for (const file of files) {
    const name = posix.basename(file).replace(/\.sql$/i, "");
    const other = first.get(name);
    if (other === undefined) first.set(name, file);
    else {
      const message = `there are two models "${name}": ${other} is the other`;
      problems.push(problem({ file, line: 1, column: 1 }, "DUPLICATE_NAME", message, "rename one of the files"));
    }
  }
  const sources = await readAll(root, files, problems);
  const models = sources.map((source) => readModel(source, settings, problems)).filter((model) => model !== null);
  return { models, names: new Set(first.keys()) };
}

function assemble(
  root: string,
  settings: Settings,
  models: readonly Model[],
  { syncs, triggers, secrets }: Pick<Project, "triggers" | "secrets"> & { readonly syncs: readonly Sync[] },
): Project {
  const { environment, isDefaultEnvironment } = settings;
  const workDir = isDefaultEnvironment ? join(root, WORK_DIR) : join(root, WORK_DIR, environment);
  const written = statePath(settings.state, environment, isDefaultEnvironment);
  const byName = <T extends { readonly name: string }>(items: readonly T[]): Map<string, T> =>
    new Map([...items].sort((a, b) => (a.name < b.name ? -1 : 1)).map((item) => [item.name, item]));
  return {
    dir: root,
    environment,
    timezone: settings.timezone,
    connections: settings.connections,
    models: byName(models),
    syncs: byName(settings.runsSchedules ? syncs : syncs.map((sync) => ({ ...sync, schedule: null }))),
    alerts: settings.alerts,
    triggers,
    keep: settings.keep,
    stateFile: written === null ? join(workDir, "state.db") : resolve(root, written),
    workDir,
    secrets: [...new Set([...settings.secrets, ...secrets])].filter((secret) => secret !== ""),
  };
}
