import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Project, Sync } from "../contract/project.ts";
import { modifiedSyncs } from "../core/modified-syncs.ts";
import { MODIFIED, selectSyncs } from "../core/select.ts";
import { openLook } from "../engine/open-ledger.ts";
import type { CommandContext } from "./command-context.ts";
import { problemText } from "./render-fault.ts";
import type { SoundProject } from "./services.ts";

/** The project a command works on; every problem of its files at once where it has any. Warnings go to stderr. */
export async function openProject<O>(context: CommandContext<O>): Promise<Project> {
  return (await openSoundProject(context)).project;
}

/** The same, with its warnings. */
export async function openSoundProject<O>(
  { services, options, output }: CommandContext<O>,
  files: { readonly filesIn?: string } = {},
): Promise<SoundProject> {
  const loaded = await services.loadProject({
    dir: resolve(options.project),
    environment: options.env ?? null,
    ...files,
  });
  if (!loaded.ok) {
    const errors = loaded.problems.filter((problem) => problem.severity === "error").length;
    throw new Fault("CONFIG_INVALID", `the project has ${errors === 1 ? "a problem" : `${errors} problems`}`, {
      fix: "correct the files; nothing was sent",
      problems: loaded.problems,
    });
  }
  output.hide(loaded.project.secrets);
  for (const problem of loaded.problems) output.note(problemText(problem));
  return loaded;
}

export type SelectOptions = { select?: string[]; all: boolean };

/** The syncs a command line means; on a terminal that names none, asks. */
export async function chooseSyncs(
  project: Project,
  names: readonly string[],
  { options, services }: CommandContext<SelectOptions>,
): Promise<readonly Sync[]> {
  const selectors = options.select ?? [];
  const modified = await modifiedOnes(project, selectors, services.clock);
  if (names.length > 0 || selectors.length > 0 || options.all)
    return selectSyncs(project, { names, selectors, all: options.all, modified });
  const known = [...project.syncs.keys()];
  if (process.stdin.isTTY !== true || known.length === 0)
    throw new Fault("USAGE", "which syncs?", { fix: `name them (${known.join(", ")}), or use --select or --all` });
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(
      `${known.map((name, index) => `${index + 1}  ${name}`).join("\n")}\nwhich? (numbers, names, or all) `,
    );
    const words = answer.split(/[\s,]+/).filter((word) => word !== "");
    if (words.includes("all")) return selectSyncs(project, { names: [], selectors: [], all: true });
    return selectSyncs(project, {
      names: words.map((word) => known[Number(word) - 1] ?? word),
      selectors: [],
      all: false,
    });
  } finally {
    prompt.close();
  }
}

/** The state is only looked into where somebody asks for it. */
async function modifiedOnes(
  project: Project,
  selectors: readonly string[],
  clock: Clock,
): Promise<ReadonlySet<string>> {
  const state = selectors.includes(MODIFIED) ? await openLook(project, clock) : null;
  try {
    return modifiedSyncs(project, state === null ? [] : await state.syncs());
  } finally {
    await state?.close();
  }
}
