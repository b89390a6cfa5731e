import type { PlanRequest, SnapshotMeta } from "../contract/planner.ts";
import { namedKey } from "../core/key.ts";
import { certainSql } from "./accept-rows.ts";
import { counts, type DuckdbSession } from "./duckdb-session.ts";
import { owedField } from "./owed-fields.ts";
import { invalidTable, metaOf, putMeta, type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { T } from "./stage-sql.ts";

/**
 * One transaction that makes the snapshot ready for a plan: meta, rows that need no call, the list of invalid rows. A
 * change of hash version is complete with it: every row that did not differ carries the new hash from here on, every other none.
 */
export async function commitPlan(
  session: DuckdbSession,
  request: PlanRequest,
  stored: StoredMeta | null,
  at: CommitAt,
): Promise<StoredMeta | null> {
  return session.transaction(async () => {
    // Keys alone say nothing of the other fields: hashes, marks and mapping stay as they are.
    if (request.keysOnly) {
      if (stored === null) return null;
      const { table: _, ...standing } = stored;
      return putMeta(session, { ...standing, epoch: at.epoch }, stored);
    }
    const meta = await putMeta(session, metaAfter(request, stored, at), stored);
    const snapshot = snapshotTable(meta.table);
    // Rows that differ and may stay unacknowledged are compared by value until they are: their old hash could equal today's.
    if (stored !== null && stored.hashVersion !== at.hashVersion)
      await session.run(`update ${snapshot} set hash = null where key not in (select key from ${T.touch})`);
    const invalid = invalidTable(meta.table);
    const [touched = 0, removed = 0, refused = 0, refusedBefore = 0] = await counts(
      session,
      [T.touch, T.removed, T.invalid, invalid].map((table) => `select count(*) from ${table}`),
    );
    if (touched > 0)
      await session.run(
        `update ${snapshot} set hash = t.hash, payload = ${certainSql(snapshot)}, absent_since = null, mark = null, doubt = null
          from ${T.touch} t where ${snapshot}.key = t.key`,
      );
    // Rows that left without anything to do in the destination: those without a record are forgotten, the rest is marked.
    if (removed > 0) {
      await session.run(`delete from ${snapshot} where key in (select key from ${T.removed} where forgotten)`);
      await session.run(`update ${snapshot} set absent_since = to_timestamp(${request.nowMs / 1000})
        where key in (select key from ${T.removed} where not planned and not forgotten)`);
    }
    if (refusedBefore > 0) await session.run(`delete from ${invalid}`);
    if (refused > 0) await session.run(`insert into ${invalid} select key, code, field from ${T.invalid}`);
    return meta;
  });
}

export type CommitAt = { readonly epoch: number; readonly hashVersion: string };

/** The meta row as a plan leaves it. */
export function metaAfter(
  request: PlanRequest,
  stored: StoredMeta | null,
  { epoch, hashVersion }: CommitAt,
): SnapshotMeta {
  const fields = request.mapping.fields.map((field) => field.field);
  return metaOf(request, {
    ...{ epoch, hashVersion, fields },
    generation: stored?.generation ?? 0,
    key: namedKey(request.mapping.primaryKey),
    forward: stored === null ? [] : fields.filter((field) => owedField(request, stored, field) !== null),
  });
}
