import type { Answer } from "../../../src/kit/sandbox/call.ts";
import type { ObjectStore } from "./object-store.ts";
import { type RecordAnswer, recordAnswer } from "./record-answer.ts";
import type { Refusal } from "./refusal.ts";
import type { StoredRecord } from "./stored-record.ts";

export type BatchResult = RecordAnswer & { readonly objectWriteTraceId?: string; readonly new?: boolean };

/** One row that was refused; rows with the same refusal share one entry of `errors`. */
export type RefusedRow = { readonly traceId: string | null; readonly refusal: Refusal };

/** Results come in order of record id, which is not the order of the inputs: HubSpot promises none. */
export function batchReply(
  results: BatchResult[],
  refused: readonly RefusedRow[],
  times: { readonly startedAt: string; readonly completedAt: string },
  status: 200 | 201,
  rows: number,
): Answer {
  results.sort((a, b) => (a.id.length === b.id.length ? (a.id < b.id ? -1 : 1) : a.id.length - b.id.length));
  const errors = grouped(refused);
  const failed = errors.length === 0 ? {} : { numErrors: errors.length, errors };
  return {
    status: errors.length === 0 ? status : 207,
    body: { status: "COMPLETE", results, ...failed, ...times },
    rows,
  };
}

export function batchResult(
  store: ObjectStore,
  record: StoredRecord,
  names: readonly string[],
  traceId: string | null,
): BatchResult {
  const answer = recordAnswer(store, record, names);
  return traceId === null ? answer : { ...answer, objectWriteTraceId: traceId };
}

function grouped(refused: readonly RefusedRow[]): object[] {
  const groups = new Map<string, { refusal: Refusal; context: Record<string, string[]> }>();
  for (const { traceId, refusal } of refused) {
    const key = `${refusal.category} ${refusal.message}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { refusal, context: {} };
      groups.set(key, group);
    }
    for (const [name, values] of Object.entries(refusal.context ?? {})) join(group.context, name, values);
    if (traceId !== null) join(group.context, "objectWriteTraceId", [traceId]);
  }
  return [...groups.values()].map(({ refusal, context }) => ({
    status: "error",
    category: refusal.category,
    ...(refusal.subCategory === undefined ? {} : { subCategory: refusal.subCategory }),
    message: refusal.message,
    context,
    ...(refusal.errors === undefined ? {} : { errors: refusal.errors }),
  }));
}

function join(context: Record<string, string[]>, name: string, values: readonly string[]): void {
  const known = context[name] ?? [];
  for (const value of values) if (!known.includes(value)) known.push(value);
  context[name] = known;
}
