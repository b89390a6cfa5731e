import { Fault } from "../contract/fault.ts";
import type { SnapshotTally } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { hint } from "../core/suggest.ts";
import type { RunOptions } from "./run-options.ts";
import { takeOver } from "./take-over.ts";
import type { Workbench } from "./workbench.ts";

/**
 * What moves when a sync takes over the snapshot of a name whose file is gone. Faults: USAGE for a former name that has a
 * file or that nobody knows, SYNC_RENAMED where both names have a memory, DESTINATION_CHANGED for another object.
 */
export async function lookAtRename(bench: Workbench, former: string, sync: Sync): Promise<SnapshotTally | null> {
  const { planner, state, project } = bench;
  if (project.syncs.has(former))
    throw new Fault("USAGE", `the file of sync "${former}" is still there`, {
      fix: `rename or remove ${project.syncs.get(former)?.source.file ?? "it"} first; nothing was changed`,
    });
  const metas = await planner.metas();
  const halves = [metas.map((meta) => meta.sync), ((await state?.syncs()) ?? []).map((record) => record.name)];
  const known = halves.flat();
  if (!known.includes(former))
    throw new Fault("USAGE", `nothing is remembered of a sync "${former}"`, {
      fix: hint(
        former,
        known.filter((name) => !project.syncs.has(name)),
        "syncs without a file",
      ),
    });
  // After a crash between the halves each name has one of them: that is mended, not refused.
  if (halves.some((names) => names.includes(former) && names.includes(sync.name)))
    throw new Fault("SYNC_RENAMED", `"${sync.name}" has a memory of its own beside that of "${former}"`, {
      fix: `forget one of them: \`sluice reset ${sync.name}\` or \`sluice reset ${former}\`; nothing was changed`,
    });
  const meta = metas.find((candidate) => candidate.sync === former);
  if (meta !== undefined && meta.object !== sync.object)
    throw new Fault(
      "DESTINATION_CHANGED",
      `"${former}" wrote ${meta.object}, and "${sync.name}" names ${sync.object}`,
      {
        fix: "give the other object a sync of its own; nothing was changed",
      },
    );
  return planner.tally(former);
}

/** Does once what `renamed_from:` in the file does with every run (S11). */
export async function renameSync(
  bench: Workbench,
  state: StateStore,
  former: string,
  sync: Sync,
  options: Pick<RunOptions, "holder" | "isDead" | "who">,
): Promise<void> {
  await lookAtRename(bench, former, sync);
  await takeOver(bench, state, { ...sync, renamedFrom: former }, options);
}
