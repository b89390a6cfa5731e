/** What the state twin keeps: the tables of the state database as maps. Several connections may share one disk. */
import type { RunRecord } from "../../../src/contract/run.ts";
import type {
  Alias,
  AuditEntry,
  BatchRecord,
  BudgetRecord,
  Deaths,
  Hold,
  Reject,
  Restoration,
  RowNote,
  SyncRecord,
} from "../../../src/contract/state.ts";

export type LeaseRow = { readonly epoch: number; readonly holder: string; readonly until: number };

export type StateDisk = {
  readonly syncs: Map<string, SyncRecord>;
  readonly leases: Map<string, LeaseRow>;
  readonly runs: Map<string, RunRecord>;
  /** By run, then by `fromSeq`. */
  readonly batches: Map<string, Map<number, BatchRecord>>;
  /** By run, then by sequence number. */
  readonly notes: Map<string, Map<number, RowNote>>;
  /** By sync, then by key. */
  readonly rejects: Map<string, Map<string, Reject>>;
  readonly holds: Map<string, Hold>;
  readonly budgets: Map<string, BudgetRecord>;
  /** By account, then by caller: until when it calls. */
  readonly shares: Map<string, Map<string, number>>;
  readonly aliases: Map<string, Alias>;
  readonly settings: Map<string, string>;
  readonly deaths: Map<string, Deaths>;
  readonly restorations: Map<string, Restoration>;
  readonly audit: AuditEntry[];
};

export function newStateDisk(): StateDisk {
  return {
    syncs: new Map(),
    leases: new Map(),
    runs: new Map(),
    batches: new Map(),
    notes: new Map(),
    rejects: new Map(),
    holds: new Map(),
    budgets: new Map(),
    shares: new Map(),
    aliases: new Map(),
    settings: new Map(),
    deaths: new Map(),
    restorations: new Map(),
    audit: [],
  };
}

/** The inner map of a key, made where it is missing. */
export function inner<K, V>(maps: Map<string, Map<K, V>>, name: string): Map<K, V> {
  const known = maps.get(name);
  if (known !== undefined) return known;
  const made = new Map<K, V>();
  maps.set(name, made);
  return made;
}
