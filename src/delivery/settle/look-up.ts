import type { FindRequest, Found } from "../../contract/destination.ts";
import type { PlanRow } from "../../contract/plan.ts";
import type { SettleContext } from "./settled.ts";

/** Record ids of rows by their match list: the first entry that finds exactly one record. Rows without are absent. */
export async function lookUp(
  context: SettleContext,
  rows: readonly PlanRow[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const entries = Math.max(0, ...rows.map((row) => row.match.length));
  for (let entry = 0; entry < entries; entry++) {
    const open = rows.filter((row) => !found.has(row.key));
    const byValue = new Map<string, PlanRow>();
    let field: string | null = null;
    for (const row of open) {
      const [name, value] = Object.entries(row.match[entry] ?? {})[0] ?? [];
      if (name === undefined || value === undefined || Object.keys(row.match[entry] ?? {}).length > 1) continue;
      field = name;
      byValue.set(value, row);
    }
    if (field === null) continue;
    for (const [value, records] of await findAll(context, { field }, [...byValue.keys()], signal)) {
      const row = byValue.get(value);
      const [only, ...others] = records;
      if (row !== undefined && only !== undefined && others.length === 0) found.set(row.key, only.remoteId);
    }
  }
  return found;
}

/** Records by value, in as many calls as the destination's `findSize` needs. */
export async function findAll(
  context: SettleContext,
  by: FindRequest["by"],
  values: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Found[]>> {
  const found = new Map<string, readonly Found[]>();
  const { findSize } = context.destination.abilities;
  for (let from = 0; from < values.length; from += findSize) {
    const request = { object: context.sync.object, by, values: values.slice(from, from + findSize), fields: [] };
    const reply = await context.destination.find(request, signal);
    for (const [value, records] of reply.found) found.set(value, records);
  }
  return found;
}
