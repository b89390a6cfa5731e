import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import { type ForgetOptions, type Forgetting, forgetPerson, lookAtPerson } from "../engine/forget-person.ts";
import type { Wanted } from "../engine/forget-search.ts";
import { readMarker } from "../engine/state-marker.ts";
import type { CommandContext } from "./command-context.ts";
import { confirm } from "./confirm.ts";
import { openBench } from "./open-bench.ts";
import { openProject } from "./open-project.ts";
import { forgettingJson, forgettingText } from "./render-forget.ts";

type Options = {
  yes: boolean;
  sync?: string;
  key?: string;
  value?: string;
  keepRecords: boolean;
  adoptedToo: boolean;
};

/** Forgets a person, in every environment that ever ran unless one is named. Without `--yes` it only says what is known. */
export async function forget(context: CommandContext<Options>): Promise<number> {
  const { output, options } = context;
  const wanted = readWanted(options);
  const { projects, lost } = await everyEnvironment(context);
  const unreached = lost.map(
    (name) => `environment "${name}" is no longer in sluice.yml: its memory in .sluice/${name} stays; delete it`,
  );
  const looks: Forgetting[] = [];
  for (const project of projects) looks.push(...(await inEnvironment(context, project, wanted, false)));
  if (!options.yes) output.line(forgettingText(looks, unreached));
  if (!(await confirm(context, "forget all this, for ever?"))) {
    output.document({ forget: { done: false, environments: looks.map(forgettingJson), unreached } });
    output.line("nothing was forgotten; the same command with --yes does it");
    return 0;
  }
  const ends: Forgetting[] = [];
  for (const project of projects) ends.push(...(await inEnvironment(context, project, wanted, true)));
  const done = ends.every((one) => one.done);
  output.document({ forget: { done, environments: ends.map(forgettingJson), unreached } });
  output.line(forgettingText(ends, unreached));
  return done ? 0 : 1;
}

function readWanted({ sync, key, value }: Options): Wanted {
  const fix = "name a row: --sync SYNC --key KEY, or a match value such as an e-mail: --value EMAIL, or both";
  if ((sync === undefined) !== (key === undefined)) throw new Fault("USAGE", "--sync and --key go together", { fix });
  if (value?.trim() === "" || (sync === undefined && value === undefined))
    throw new Fault("USAGE", "forget whom?", { fix });
  return { row: sync === undefined || key === undefined ? null : { sync, key }, value: value?.trim() ?? null };
}

/** Each environment has a memory of its own: a person who is to be forgotten is forgotten in all. */
async function everyEnvironment(context: CommandContext<Options>): Promise<{ projects: Project[]; lost: string[] }> {
  const first = await openProject(context);
  if (context.options.env !== undefined) return { projects: [first], lost: [] };
  const ran = Object.keys((await readMarker(first))?.environments ?? {});
  const projects: Project[] = ran.includes(first.environment) || ran.length === 0 ? [first] : [];
  const lost: string[] = [];
  for (const env of ran.filter((name) => name !== first.environment)) {
    try {
      projects.push(await openProject({ ...context, options: { ...context.options, env } }));
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== "USAGE") throw error;
      lost.push(env);
    }
  }
  return { projects, lost };
}

async function inEnvironment(
  context: CommandContext<Options>,
  project: Project,
  wanted: Wanted,
  does: boolean,
): Promise<Forgetting[]> {
  const { services, options, signal } = context;
  const bench = await openBench(context, project, "plan");
  try {
    if (bench.state === null) return [];
    const { holder, who } = services;
    const { keepRecords, adoptedToo } = options;
    const how: ForgetOptions = { holder, who, isDead: services.isDead, keepRecords, adoptedToo };
    return [await (does ? forgetPerson : lookAtPerson)(bench, bench.state, wanted, how, signal)];
  } finally {
    await bench.close();
  }
}
