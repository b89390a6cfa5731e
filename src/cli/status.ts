import { isoTime, restoredJson, runJson } from "../core/run-json.ts";
import { interruptedRun } from "../engine/interrupted.ts";
import { openLook } from "../engine/open-ledger.ts";
import type { CommandContext } from "./command-context.ts";
import { openProject } from "./open-project.ts";
import { restoredText } from "./render-plan.ts";
import { interruptedLine, runLine } from "./render-run.ts";

/** Every sync with its last run and what stands against it; works while others work. */
export async function status(context: CommandContext<object>): Promise<number> {
  const { services, output } = context;
  const project = await openProject(context);
  const state = await openLook(project, services.clock);
  const nowMs = services.clock.now();
  const documents: object[] = [];
  try {
    for (const sync of project.syncs.values()) {
      const [last] = state === null ? [] : await state.runs({ sync: sync.name, limit: 1 });
      const [hold] = state === null ? [] : await state.holds(sync.name, nowMs);
      const interrupted = state === null ? null : await interruptedRun(state, sync.name, services.isDead);
      const isHeld = hold !== undefined && hold.approvedAt === null;
      const restored = (await state?.restoration(sync.name)) ?? null;
      documents.push({
        sync: sync.name,
        last: last === undefined ? null : runJson(last),
        interrupted: interrupted?.id ?? null,
        restored: restoredJson(restored),
        held: isHeld ? { run: hold.run, guards: hold.guards, since: isoTime(hold.heldAt) } : null,
      });
      output.line(
        last === undefined
          ? `${sync.name}  never ran`
          : `${runLine(last, interrupted?.id === last.id)}  ${isoTime(last.startedAt) ?? ""}`,
      );
      if (interrupted !== null) output.line(interruptedLine(interrupted));
      if (restored !== null) output.line(`  no removals: ${restoredText(sync.name, restored)}`);
      if (isHeld)
        output.line(
          `  held by ${hold.guards.join(", ")} since ${isoTime(hold.heldAt)}; \`sluice run ${sync.name} --approve\`, or \`sluice approve ${hold.run}\`, releases it`,
        );
    }
  } finally {
    await state?.close();
  }
  output.document({ syncs: documents });
  return 0;
}
