/** Records with every member filled; a test names only what it is about. */
import { NO_OPERATION_COUNTS, type RunRecord } from "../../../src/contract/run.ts";
import type { Hold, Reject, RowAck, RowNote } from "../../../src/contract/state.ts";

export function aRun(part: Partial<RunRecord> & { id: string }): RunRecord {
  return {
    sync: "people",
    model: "people",
    state: "planning",
    reason: "because",
    code: null,
    action: "run",
    trigger: "command",
    configHash: "c0ffee",
    account: "portal 1",
    resumes: 2,
    resumeAt: 1_800_000_000_789,
    counts: { read: 1, invalid: 0, unchanged: 0, waiting: 0, added: 1, changed: 0, removed: 0 },
    operations: { upsert: { ...NO_OPERATION_COUNTS, applied: 1 } },
    guards: [{ guard: "created", held: false, value: 1, of: 1, limit: "1000", field: null }],
    forecast: null,
    planRows: 1,
    planSha256: null,
    newInvalid: 2,
    newRejected: 3,
    linked: 4,
    created: 5,
    adopted: 6,
    calls: 7,
    throttled: 8,
    waitedMs: 9,
    bytesOut: 10,
    peakRssBytes: 11,
    startedAt: 1_800_000_000_123,
    endedAt: 1_800_000_000_456,
    ...part,
  };
}

export function anAck(part: Partial<RowAck>): RowAck {
  return { state: "applied", remoteId: "101", created: true, kept: null, ...part };
}

export function aReject(part: Partial<Reject> & { key: string }): Reject {
  return {
    operation: "upsert",
    run: "r1",
    code: "INVALID_EMAIL",
    field: "email",
    message: "no such address",
    hash: "18446744073709551615",
    attempts: 1,
    nextTryAt: 1_800_000_000_000,
    ...part,
  };
}

export function aNote(part: Partial<RowNote> & { seq: number }): RowNote {
  return { key: "k", operation: "upsert", state: "rejected", code: "X", field: "f", message: "m", ...part };
}

export function aHold(part: Partial<Hold> & { id: string }): Hold {
  return {
    sync: "people",
    run: "r1",
    guards: ["removed"],
    account: "portal 1",
    heldAt: 1,
    approvedAt: null,
    approvedBy: null,
    until: null,
    ...part,
  };
}
