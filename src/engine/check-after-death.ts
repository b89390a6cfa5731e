import { Fault } from "../contract/fault.ts";
import type { StateStore } from "../contract/state.ts";

/** The leases that were found held when the state was last looked through. */
const CHECKED = "checked_after";

/**
 * A lease that nobody gave back says that a process died at work: its machine may have died with it, and a disk that lies
 * about what it keeps leaves a torn file. The state then looks through itself, once for each such death. Called under the planner's
 * lock, so no living process holds a lease. The planner's own log was replayed, or refused, when it was opened. Fault: STATE_CORRUPT.
 */
export async function checkAfterDeath(state: StateStore): Promise<void> {
  const held = (await state.leases()).filter(({ holder }) => holder !== null);
  if (held.length === 0) return;
  const deaths = held.map(({ sync, epoch, holder }) => `${sync} ${epoch} ${holder}`).join("\n");
  if ((await state.setting(CHECKED)) === deaths) return;
  const troubles = await state.inspect("quick");
  if (troubles.length > 0)
    throw new Fault("STATE_CORRUPT", `the state database is damaged: ${troubles.slice(0, 3).join("; ")}`, {
      fix: "put state, planner and plans back from one backup (`sluice state restore BACKUP`); `sluice state verify` says what is damaged. Nothing was sent",
    });
  await state.putSetting(CHECKED, deaths);
}
