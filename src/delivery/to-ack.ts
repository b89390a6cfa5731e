import type { PlanRow } from "../contract/plan.ts";
import type { Reject, RowAck, RowNote } from "../contract/state.ts";
import { rejectPauseMs } from "../core/backoff.ts";
import type { Settled } from "./settle/settled.ts";

export type Recorded = {
  readonly ack: RowAck;
  readonly note: RowNote | null;
  readonly reject: Reject | null;
  readonly cured: boolean;
};

/** `hash` with which a refusal is stored: the row's, and the described schema of the refused field, so that a change of either tries again. */
export type RejectHash = (row: PlanRow, field: string | null) => string | null;

/** What the state keeps of one row's end. */
export function toAck(row: PlanRow, settled: Settled, run: string, nowMs: number, rejectHash: RejectHash): Recorded {
  const nothing: RowAck = { state: "skipped", remoteId: null, created: null, kept: null };
  const note = (
    state: RowNote["state"],
    code: string | null,
    field: string | null,
    message: string | null,
  ): RowNote => ({
    seq: row.seq,
    key: row.key,
    operation: row.operation,
    state,
    code,
    field,
    message,
  });
  const cured = row.attempts > 0;
  switch (settled.kind) {
    case "applied": {
      const relinked = row.remoteId !== null && settled.remoteId !== row.remoteId;
      const moved = `record ${row.remoteId} answers as ${settled.remoteId} now`;
      if (settled.altered.length === 0)
        return {
          ack: { ...nothing, state: "applied", remoteId: settled.remoteId, created: settled.created },
          note: relinked ? note("applied", "RELINKED", null, moved) : null,
          reject: null,
          cured,
        };
      const kept = Object.fromEntries(settled.altered.map((change) => [change.field, change.kept]));
      const message = settled.altered
        .map((change) => `${change.field}: sent ${quote(change.sent)}, kept ${quote(change.kept)}`)
        .join("; ");
      const field = settled.altered[0]?.field ?? null;
      return {
        ack: { state: "altered", remoteId: settled.remoteId, created: settled.created, kept },
        note: note("altered", "ALTERED", field, message),
        reject: null,
        cured,
      };
    }
    case "skipped":
    case "transferred":
      // What was settled at planning stands with its reason in the plan file already.
      return {
        ack: { ...nothing, state: settled.kind, remoteId: heldAs(row, settled) },
        note: row.settled === null ? note(settled.kind, null, null, settled.reason) : null,
        reject: null,
        cured,
      };
    case "rejected": {
      const attempts = row.attempts + 1;
      const reject: Reject = {
        key: row.key,
        operation: row.operation,
        run,
        code: settled.code,
        field: settled.field,
        message: settled.message,
        hash: rejectHash(row, settled.field),
        attempts,
        nextTryAt: settled.suppressed ? null : nowMs + rejectPauseMs(attempts),
      };
      return {
        ack: { ...nothing, state: "rejected" },
        note: note("rejected", settled.code, settled.field, settled.message),
        reject,
        cured: false,
      };
    }
    case "deferred": {
      const state = settled.code === "CANCELLED" ? "cancelled" : "deferred";
      return {
        ack: { ...nothing, state },
        // Held rows stand with their guard in the plan file already.
        note: row.settled === null ? note(state, settled.code, null, settled.message) : null,
        reject: null,
        cured: false,
      };
    }
    case "inDoubt":
      return {
        ack: { ...nothing, state: "unknown" },
        note: note("unknown", "IN_DOUBT", null, settled.reason),
        reject: null,
        cured: false,
      };
  }
}

/** The record that somebody else holds answers under another id than the row's, where people merged the two. */
function heldAs(row: PlanRow, settled: Settled): string | null {
  if (settled.kind !== "transferred" || settled.remoteId === undefined) return null;
  return settled.remoteId === row.remoteId ? null : settled.remoteId;
}

function quote(value: string | null): string {
  return value === null ? "nothing" : JSON.stringify(value);
}
