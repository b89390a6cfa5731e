import type { Lease, StateStore } from "../contract/state.ts";
import { sqlHash } from "../core/sql-hash.ts";
import type { PreparedSync } from "./prepare-sync.ts";
import type { Workbench } from "./workbench.ts";

/** What the state knows of a sync follows the planner: same account, same generation. */
export async function putSync(
  bench: Workbench,
  state: StateStore,
  prepared: PreparedSync,
  lease: Lease,
): Promise<void> {
  const meta = (await bench.planner.metas()).find((candidate) => candidate.sync === prepared.sync.name);
  await state.putSync(lease, {
    name: prepared.sync.name,
    account: prepared.account.account.id,
    object: prepared.sync.object,
    model: prepared.sync.model,
    generation: meta?.generation ?? 0,
    configHash: prepared.sync.configHash,
    sqlHash: sqlHash(bench.project.models, prepared.sync),
  });
}
