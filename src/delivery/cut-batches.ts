import type { CallOperation } from "../contract/destination.ts";
import type { PlanRow } from "../contract/plan.ts";

/** A run of neighbouring plan rows that go out in one call; `call` is null for rows that need none. */
export type Batch = {
  readonly call: CallOperation | null;
  readonly rows: readonly PlanRow[];
  /** These rows were sent before, by a process that died before it could write the answer down. */
  readonly mayHaveLanded?: boolean;
};

/** Removals that a dead process had sent: a row may be back since, so the next plan decides on them. Until then they are in doubt. */
export function isLeftInDoubt({ rows, mayHaveLanded = false }: Batch): boolean {
  return mayHaveLanded && rows[0]?.change === "removed";
}

/** How a planned row is sent: by id where its record is known. */
export function callOf(row: PlanRow): CallOperation | null {
  if (row.settled !== null) return null;
  if (row.operation === "archive" || row.operation === "delete") return row.operation;
  if (row.remoteId !== null) return Object.keys(row.fields).length === 0 ? null : "update";
  return row.operation === "insert" ? "create" : "upsert";
}

/** What names the record in a call; no batch holds one twice. */
export function targetOf(row: PlanRow): string {
  return row.remoteId ?? JSON.stringify(row.match[0] ?? row.key);
}

/** Batches of one kind may go side by side. Removals are a kind of their own, also where they are updates: they come last. */
export function kindOf(batch: Batch): string {
  return `${batch.call} ${batch.rows[0]?.change === "removed"}`;
}

/** Cuts rows in plan order: one kind a batch, no target twice, at most `size` rows. */
export function cutBatches(rows: readonly PlanRow[], size: number): Batch[] {
  const batches: { call: CallOperation | null; rows: PlanRow[] }[] = [];
  let targets = new Set<string>();
  for (const row of rows) {
    const call = callOf(row);
    const target = targetOf(row);
    const last = batches.at(-1);
    const isOther = last === undefined || kindOf(last) !== kindOf({ call, rows: [row] });
    if (isOther || last.rows.length >= size || targets.has(target)) {
      batches.push({ call, rows: [row] });
      targets = new Set([target]);
    } else {
      last.rows.push(row);
      targets.add(target);
    }
  }
  return batches;
}
