import type { RemoteObject } from "../../../src/contract/destination.ts";
import type { Hints } from "../../../src/contract/fault.ts";
import { NO_HINTS } from "../../../src/contract/fault.ts";
import type { PlanRow } from "../../../src/contract/plan.ts";
import type { Sync } from "../../../src/contract/project.ts";
import type { Neighbours } from "../../../src/delivery/settle/settled.ts";

/** A row that makes a record by `ext`; with a remote id it is written by it. */
export function aRow(part: Partial<PlanRow> & { key: string }): PlanRow {
  return {
    seq: Number(part.key),
    operation: "upsert",
    change: "added",
    hash: "1",
    remoteId: null,
    origin: null,
    adopted: false,
    match: [{ ext: `E${part.key}` }],
    fields: { ext: `E${part.key}`, name: `n${part.key}` },
    before: {},
    payload: { ext: `E${part.key}`, name: `n${part.key}`, note: null },
    settled: null,
    reason: null,
    isKnown: false,
    attempts: 0,
    ...part,
  };
}

export function rowsOf(count: number, part: Partial<PlanRow> = {}): PlanRow[] {
  return Array.from({ length: count }, (_, index) => aRow({ key: `${index}`, seq: index, ...part }));
}

/** No other sync is at work. */
export const ALONE: Neighbours = { removes: () => () => undefined, removed: async () => new Set() };

/** Every field is as it is asked for. */
export const ANY_OBJECT: RemoteObject = { object: "contacts", children: [], fields: new Map() };

export function aSync(part: Partial<Sync> = {}): Sync {
  return {
    name: "people",
    description: null,
    owner: null,
    tags: [],
    model: "people",
    connection: "crm",
    object: "contacts",
    write: "upsert",
    match: [[{ field: "ext", column: "ext" }]],
    onAmbiguous: "reject",
    onDuplicateMatch: { policy: "reject" },
    onMissingRecord: "rematch",
    onRemoved: { kind: "none" },
    onRemovedAdopted: { kind: "none" },
    allowCascade: false,
    fields: [],
    sendTogether: [],
    guards: { removed: null, empty: null, changed: null, cleared: null, created: null, failed: null },
    holdsPartly: false,
    priority: "normal",
    tolerate: { rejectedShare: 0, codes: [] },
    onMappingChange: "backfill",
    suppress: null,
    alerts: null,
    onSuccess: null,
    schedule: null,
    hooks: { before: [], after: [] },
    renamedFrom: null,
    source: { file: "syncs/people.yml", locate: () => ({ line: 1, column: 1 }) },
    configHash: "c0ffee",
    ...part,
  };
}

export function someHints(part: Partial<Hints>): Hints {
  return { ...NO_HINTS, ...part };
}

export const running = (): AbortSignal => new AbortController().signal;
