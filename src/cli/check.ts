import { resolve } from "node:path";
import { Fault, type Problem } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import { amount } from "../core/count-text.ts";
import { checkDestination, checkSync } from "../engine/check-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { openBench } from "./open-bench.ts";
import { faultDocument, faultText, problemText } from "./render-fault.ts";

type Connected = { name: string; ok: boolean; says: string; error?: ReturnType<typeof faultDocument> };

/** Offline: files only. With --connect: opens every connection that a sync uses, and holds each sync against both sides. */
export async function check(context: CommandContext<{ connect: boolean }>): Promise<number> {
  const { services, options, output } = context;
  const loaded = await services.loadProject({ dir: resolve(options.project), environment: options.env ?? null });
  if (!loaded.ok) {
    output.document({
      ok: false,
      problems: loaded.problems,
      error: { code: "CONFIG_INVALID", message: amount(loaded.problems.length, "problem"), fix: "correct the files" },
    });
    for (const problem of loaded.problems) output.error(problemText(problem));
    output.error(amount(loaded.problems.length, "problem"));
    return 2;
  }
  const { project } = loaded;
  output.hide(project.secrets);
  for (const problem of loaded.problems) output.note(problemText(problem));
  const connected = options.connect ? await connect(context, project) : { connections: [], problems: [] };
  const problems = [...loaded.problems, ...connected.problems];
  const errors = connected.problems.filter(({ severity }) => severity === "error");
  const ok = connected.connections.every((connection) => connection.ok) && errors.length === 0;
  const counts = { connections: project.connections.size, models: project.models.size, syncs: project.syncs.size };
  output.document({ ok, ...counts, problems, ...(options.connect ? { connected: connected.connections } : {}) });
  for (const problem of connected.problems) output.error(problemText(problem));
  output.line(
    `${ok ? "ok" : "not ok"}: ${amount(counts.connections, "connection")}, ${amount(counts.models, "model")}, ${amount(counts.syncs, "sync")}`,
  );
  return ok ? 0 : 2;
}

async function connect(
  context: CommandContext<object>,
  project: Project,
): Promise<{ connections: Connected[]; problems: Problem[] }> {
  const { output, signal } = context;
  const bench = await openBench(context, project, "plan");
  const connections: Connected[] = [];
  const problems: Problem[] = [];
  const refused = new Set<string>();
  const ask = async (name: string, say: () => Promise<string>): Promise<void> => {
    try {
      const says = await say();
      connections.push({ name, ok: true, says });
      output.line(`${name}: ${says}`);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      refused.add(name);
      connections.push({ name, ok: false, says: error.message, error: faultDocument(error) });
      output.error(`${name}: ${faultText(error)}`);
    }
  };
  try {
    const syncs = [...project.syncs.values()];
    for (const name of new Set([...project.models.values()].map((model) => model.connection)))
      await ask(name, async () => (await bench.warehouse(name)).check(signal));
    for (const name of new Set(syncs.map((sync) => sync.connection)))
      await ask(name, () => checkDestination(bench, name, signal));
    for (const sync of syncs) {
      const model = project.models.get(sync.model);
      if (refused.has(sync.connection) || (model !== undefined && refused.has(model.connection))) continue;
      problems.push(...(await checkSync(bench, sync, signal)));
    }
  } finally {
    await bench.close();
  }
  return { connections, problems };
}
