import type { PlanRequest } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import { namedKey } from "../core/key.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { META, metaOf, putMeta, readMeta, snapshotTable } from "./snapshot-schema.ts";
import { T } from "./stage-sql.ts";

/**
 * Records found for rows become theirs before anything is written. The entry has no hash and an empty payload: nothing of it
 * was acknowledged, so the next plan writes the row, and a null in it wipes nothing that people typed (S8, S13).
 */
export async function storeLinks(
  session: DuckdbSession,
  request: PlanRequest,
  at: { epoch: number; run: string; hashVersion: string },
): Promise<{ linked: number; taken: number }> {
  return session.transaction(async () => {
    const stored = await readMeta(session, request.sync);
    const meta = await putMeta(
      session,
      metaOf(request, {
        epoch: at.epoch,
        generation: stored?.generation ?? 0,
        hashVersion: stored?.hashVersion ?? at.hashVersion,
        key: namedKey(request.mapping.primaryKey),
        fields: stored?.fields ?? [],
        forward: stored?.forward ?? [],
      }),
      stored,
    );
    const snapshot = snapshotTable(meta.table);
    const linked = await session.count(`select count(*) from ${T.links}`);
    await session.run(`delete from ${snapshot} where key in (select key from ${T.links})`);
    await session.run(`insert into ${snapshot} select key, null, '{}', remote_id, coalesce(origin, 'adopted'), null, 'linked', null,
      to_timestamp(${request.nowMs / 1000}), ${quoteText(at.run)}, present from ${T.links}`);
    await session.run(`update ${META} set generation = generation + 1 where sync = ${quoteText(request.sync)}`);
    const taken = await session.count(
      `select count(distinct key) from ${T.invalid} where code = 'DUPLICATE_MATCH_KEY'`,
    );
    return { linked, taken };
  });
}
