import type { FindRequest, Found } from "../../contract/destination.ts";
import type { PlanRow } from "../../contract/plan.ts";
import { cutValues } from "../../core/cut-values.ts";
import { findBy, findValue } from "../../core/match-entry.ts";
import type { SettleContext } from "./settled.ts";

/** By key of the row: its record, or `several` where nobody can say which of them it is. Rows without a record are absent. */
export type LookedUp = ReadonlyMap<string, string | typeof SEVERAL>;

/** Stands where an id would: one of these records may be the row's. */
export const SEVERAL = Symbol("several records");

/** Records of rows by their match list: the first entry that finds any decides. */
export async function lookUp(context: SettleContext, rows: readonly PlanRow[], signal: AbortSignal): Promise<LookedUp> {
  const found = new Map<string, string | typeof SEVERAL>();
  const entries = Math.max(0, ...rows.map((row) => row.match.length));
  for (let entry = 0; entry < entries; entry++) {
    const open = rows.filter((row) => !found.has(row.key));
    const fields = Object.keys(open.find((row) => row.match[entry] != null)?.match[entry] ?? {});
    const byValue = new Map<string, PlanRow>();
    for (const row of open) {
      const value = findValue(fields, row.match[entry]);
      if (value !== null) byValue.set(value, row);
    }
    if (byValue.size === 0) continue;
    const by = findBy(context.object, fields);
    for (const [value, records] of await findAll(context, by, [...byValue.keys()], signal)) {
      const row = byValue.get(value);
      const [only, ...others] = records;
      if (row !== undefined && only !== undefined) found.set(row.key, others.length === 0 ? only.remoteId : SEVERAL);
    }
  }
  return found;
}

/** Records by value, in as many calls as the destination needs. */
export async function findAll(
  context: SettleContext,
  by: FindRequest["by"],
  values: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Found[]>> {
  const found = new Map<string, readonly Found[]>();
  for (const page of cutValues(context.destination.abilities, by, values)) {
    const request = { object: context.sync.object, by, values: page, fields: [] };
    const reply = await context.destination.find(request, signal);
    for (const [value, records] of reply.found) found.set(value, records);
  }
  return found;
}
