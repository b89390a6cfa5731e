import type { ConnectorDefinition } from "../contract/connector.ts";
import { Fault, type Problem } from "../contract/fault.ts";
import type { Alert, Connection, Project } from "../contract/project.ts";
import { hint } from "../core/suggest.ts";
import { placeOf, problem } from "./problem.ts";
import { type ProjectFile, projectSchema } from "./project-schema.ts";
import { readAlerts } from "./read-alerts.ts";
import { readConnection } from "./read-connection.ts";
import { readLenient } from "./read-lenient.ts";
import { resolveText, type Scope } from "./references.ts";
import { readState, type StatePlace } from "./state-place.ts";
import type { Constant, YamlFile } from "./yaml-file.ts";

export type Declared = { readonly connector: ConnectorDefinition | null };

/** sluice.yml as one environment sees it. */
export type Settings = {
  readonly file: YamlFile;
  readonly environment: string;
  readonly isDefaultEnvironment: boolean;
  readonly timezone: string | null;
  readonly runsSchedules: boolean;
  /** False: nobody is told of runs in this environment. */
  readonly tells: boolean;
  /** Of every alert that is written down, sound or not. */
  readonly alertNames: readonly string[];
  readonly alerts: ReadonlyMap<string, Alert>;
  /** As written: which syncs they start is known once these are read. */
  readonly triggers: NonNullable<ProjectFile["triggers"]>;
  /** Every connection that is written down, sound or not; null connector where its type is unknown. */
  readonly declared: ReadonlyMap<string, Declared>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly connectionTimezones: ReadonlyMap<string, string>;
  readonly scope: Scope;
  readonly defaults: ProjectFile["defaults"];
  readonly keep: Project["keep"];
  readonly state: StatePlace;
  readonly secrets: readonly string[];
};

export type SettingsOptions = {
  readonly root: string;
  readonly environment: string | null;
  readonly connectors: readonly ConnectorDefinition[];
  readonly env: (name: string) => string | undefined;
};

type Overlay = Exclude<NonNullable<ProjectFile["environments"]>[string], null>;

/** Reads sluice.yml. Faults: USAGE for an environment that is not in it. */
export function readSettings(file: YamlFile, options: SettingsOptions, problems: Problem[]): Settings {
  const { value, broken } = readLenient(
    projectSchema,
    file,
    ["connections", "environments", "vars", "alerts", "triggers"],
    problems,
  );
  const names = keysOf(file.value, "environments");
  const environment = chooseEnvironment(names, options.environment);
  const overlay: Overlay = value.environments?.[environment] ?? {};
  if (value.version === undefined && !broken.has("version")) {
    problems.push(problem(placeOf(file, []), "MISSING_KEY", 'missing key "version"', "add the line version: 1"));
  }
  refuseNotYet(file, value, problems);
  checkOverlays(file, value, problems);
  const secrets: string[] = [];
  const scope = { projectDir: options.root, env: options.env, vars: null };
  const vars = readVars(file, environment, value.vars ?? {}, overlay.vars ?? {}, scope, secrets, problems);
  const full: Scope = { ...scope, vars };
  const read = readConnections(file, environment, value, overlay, full, options.connectors, problems);
  const tells = overlay.alerts !== "off";
  const alerts = readAlerts(file, tells ? (value.alerts ?? {}) : {}, full, secrets, problems);
  return {
    file,
    environment,
    isDefaultEnvironment: names.length === 0 || environment === names[0],
    timezone: value.timezone ?? null,
    runsSchedules: overlay.schedules !== "off",
    tells,
    alertNames: keysOf(file.value, "alerts"),
    alerts,
    triggers: value.triggers ?? {},
    ...read,
    scope: full,
    defaults: value.defaults,
    keep: { runs: value.keep?.runs ?? KEEP.runs, days: value.keep?.days ?? KEEP.days },
    state: readState({ file, environment, base: value.state?.url, overlay: overlay.state?.url, scope: full }, problems),
    secrets: [...secrets, ...read.secrets],
  };
}

function keysOf(value: unknown, key: string): string[] {
  const found = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof found === "object" && found !== null && !Array.isArray(found) ? Object.keys(found) : [];
}

const ONLY_ENVIRONMENT = "default";

function chooseEnvironment(names: readonly string[], wanted: string | null): string {
  const [first = ONLY_ENVIRONMENT] = names;
  if (wanted === null) return first;
  const all = names.length === 0 ? [ONLY_ENVIRONMENT] : names;
  if (all.includes(wanted)) return wanted;
  throw new Fault("USAGE", `there is no environment "${wanted}"`, { fix: hint(wanted, all, "environments") });
}

const NOT_YET = { keep_plans: "say keep: { runs: 30, days: 30 }" } as const;

/** Old plans hold people's data (S27). */
const KEEP: Project["keep"] = { runs: 30, days: 30 };

function refuseNotYet(file: YamlFile, value: ProjectFile, problems: Problem[]): void {
  const refuse = (key: string, what: string, fix = "remove the line") =>
    problems.push(problem(placeOf(file, [key], "key"), "NOT_YET_AVAILABLE", `${what} is not yet available`, fix));
  for (const [key, fix] of Object.entries(NOT_YET))
    if (value[key as keyof typeof NOT_YET] !== undefined) refuse(key, key, fix);
  if (value.planner === "warehouse") refuse("planner", "planner: warehouse");
}

/** An overlay may only change what is there, or bring a connection whole, with its type. */
function checkOverlays(file: YamlFile, value: ProjectFile, problems: Problem[]): void {
  const base = keysOf(file.value, "connections");
  for (const [environment, overlay] of Object.entries(value.environments ?? {})) {
    for (const [name, settings] of Object.entries(overlay?.connections ?? {})) {
      if (base.includes(name) || settings.type !== undefined) continue;
      const place = placeOf(file, ["environments", environment, "connections", name], "key");
      const message = `environment "${environment}" changes the connection "${name}", which there is not`;
      problems.push(problem(place, "UNKNOWN_CONNECTION", message, hint(name, base, "connections")));
    }
  }
}

function readVars(
  file: YamlFile,
  environment: string,
  base: object,
  overlay: object,
  scope: Scope,
  secrets: string[],
  problems: Problem[],
): Map<string, Constant> {
  const vars = new Map<string, Constant>();
  for (const name of new Set([...Object.keys(base), ...Object.keys(overlay)])) {
    const home = Object.hasOwn(overlay, name) ? ["environments", environment, "vars", name] : ["vars", name];
    const constant = file.constant(home);
    if (constant === null) {
      problems.push(
        problem(placeOf(file, home), "WRONG_VALUE", `vars.${name} must be text, a finite number or a boolean`),
      );
    }
    const resolved =
      constant?.kind === "text"
        ? resolveText(constant.text, scope, placeOf(file, home), `var "${name}"`, problems)
        : null;
    for (const reference of resolved?.references ?? []) if (reference.scheme === "file") secrets.push(reference.text);
    // A var that could not be read still exists: its uses are not reported again.
    vars.set(name, resolved?.constant ?? constant ?? { kind: "text", text: "" });
  }
  return vars;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merge(base: Record<string, unknown>, overlay: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(overlay)) {
    const below = merged[key];
    merged[key] = isMap(below) && isMap(value) ? merge(below, value) : value;
  }
  return merged;
}

function readConnections(
  file: YamlFile,
  environment: string,
  value: ProjectFile,
  overlay: Overlay,
  scope: Scope,
  connectors: readonly ConnectorDefinition[],
  problems: Problem[],
) {
  const declared = new Map<string, Declared>(
    keysOf(file.value, "connections").map((name) => [name, { connector: null }]),
  );
  const connections = new Map<string, Connection>();
  const connectionTimezones = new Map<string, string>();
  const secrets: string[] = [];
  const base = value.connections ?? {};
  const added = overlay.connections ?? {};
  for (const name of new Set([...Object.keys(base), ...Object.keys(added)])) {
    const below = base[name] ?? {};
    const above = added[name] ?? {};
    const overlayPath = ["environments", environment, "connections", name];
    const paths = Object.hasOwn(base, name) ? [overlayPath, ["connections", name]] : [overlayPath];
    const merged = merge(below, above);
    // An overlay of nothing was reported already.
    if (!Object.hasOwn(base, name) && merged.type === undefined) continue;
    declared.set(name, { connector: connectors.find((connector) => connector.type === merged.type) ?? null });
    const read = readConnection({ name, file, paths, merged, scope, connectors }, problems);
    if (read === null) continue;
    connections.set(name, read.connection);
    secrets.push(...read.secrets);
    if (read.timezone !== null) connectionTimezones.set(name, read.timezone);
  }
  return { declared, connections, connectionTimezones, secrets };
}
