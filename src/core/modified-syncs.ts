import type { Project } from "../contract/project.ts";
import type { SyncRecord } from "../contract/state.ts";
import { sqlHash } from "./sql-hash.ts";

/** Names of the syncs that are new, or whose settings or queries are others than when they ran last. */
export function modifiedSyncs(
  { syncs, models }: Pick<Project, "syncs" | "models">,
  records: readonly Pick<SyncRecord, "name" | "configHash" | "sqlHash">[],
): ReadonlySet<string> {
  const known = new Map(records.map((record) => [record.name, record]));
  const modified = [...syncs.values()].filter((sync) => {
    const former = known.get(sync.name);
    if (former?.configHash !== sync.configHash) return true;
    return former.sqlHash !== null && former.sqlHash !== sqlHash(models, sync);
  });
  return new Set(modified.map(({ name }) => name));
}
