import type { Destination, Outcome, RemoteObject } from "../../contract/destination.ts";
import type { Fault } from "../../contract/fault.ts";
import type { PlanRow } from "../../contract/plan.ts";
import type { Sync } from "../../contract/project.ts";
import type { FieldValues } from "../../contract/value.ts";

/** How one planned row came out, everything considered. `inDoubt` rows were sent and nobody knows. */
export type Settled =
  | Extract<Outcome, { kind: "applied" | "skipped" | "rejected" | "deferred" }>
  /** `remoteId`: the record that the holder has, where it is another than the row's (people merged them). */
  | { readonly kind: "transferred"; readonly reason: string; readonly remoteId?: string }
  | { readonly kind: "inDoubt"; readonly reason: string };

/** Record id → who holds it: the key of this sync's row; the name of another sync of which a living row holds it. */
export type Holders = { readonly own: ReadonlyMap<string, string>; readonly others: ReadonlyMap<string, string> };

/** Record id → key of this sync's row that holds it and stays: one that leaves in this very plan lets a newcomer take it along. */
export type OwnersOf = (remoteIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * What the destination last acknowledged of a row's record. `in doubt`: the next run's answer will say; null: nothing certain is
 * written down of it.
 */
export type Acknowledged = (key: string, remoteId: string) => Promise<FieldValues | "in doubt" | null>;

/** Runs of other syncs at work in the same object. */
export type Neighbours = {
  /** Told before it is asked who holds these records; then the caller says which of them it spares after all. */
  removes(remoteIds: readonly string[]): (spared: readonly string[]) => void;
  /** Which of these one of them has removed, or set about it, while this run was at work. */
  removed(remoteIds: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
};

export type SettleContext = {
  readonly sync: Sync;
  readonly object: RemoteObject;
  /** Wrapped: limited, retrying, bisecting. */
  readonly destination: Destination;
  readonly holdersOf: (remoteIds: readonly string[]) => Promise<Holders>;
  readonly ownersOf: OwnersOf;
  readonly acknowledged: Acknowledged;
  /** Record id → key of the row to which it came, while that is written down nowhere yet. */
  readonly claims: Map<string, string>;
  readonly neighbours: Neighbours;
  /** Ids under which records answer now that were merged before, as far as anybody found out (old id → new id). */
  readonly knownAliases: () => Promise<ReadonlyMap<string, string>>;
  /** Told of a record that turns out to answer under another id. */
  readonly onMerged: (oldId: string, newId: string) => void;
  /** Told of a refusal that is about no single row (credentials, scopes): nothing of its batch was applied. */
  readonly onFault: (fault: Fault) => void;
};

/** A row of a batch with the vendor's answer. `index` is its place in the batch, and in the settled answers. */
export type Answered = { readonly index: number; readonly row: PlanRow; readonly outcome: Outcome };

export function fromOutcome(outcome: Outcome): Settled {
  switch (outcome.kind) {
    case "applied":
    case "skipped":
    case "rejected":
    case "deferred":
      return outcome;
    case "unknown":
      return { kind: "inDoubt", reason: outcome.reason };
    case "exists":
    case "missing":
      return { kind: "deferred", code: outcome.kind.toUpperCase(), message: outcome.message };
  }
}

/**
 * A create that may have landed, and its record is found. An insert writes a record once: this one has what it was made with, and
 * is the row's; whether it was made by us nobody knows.
 */
export function metAgain(remoteId: string): Outcome {
  return { kind: "applied", remoteId, created: null, altered: [] };
}

/** An insert leaves it alone (S12). */
export function thereAlready(remoteId: string): Settled {
  return { kind: "skipped", reason: `record ${remoteId} is there already` };
}

/** The record of a row is not there any more, and the row is let go of it. */
export function gone(remoteId: string | null): Settled {
  return { kind: "skipped", reason: `record ${remoteId ?? ""} is gone from the destination` };
}

/** A row whose record nobody answers for any more. Where the plan had found it, nobody can say that it ever was the row's. */
export function letGo({ adopted, isKnown, remoteId }: PlanRow): Settled {
  return adopted && !isKnown ? lostAgain(remoteId) : gone(remoteId);
}

export const RECORD_GONE = "RECORD_GONE";

/** A record that was found or met is gone before it was the row's: the next plan looks for the row's record anew. */
export function lostAgain(remoteId: string | null): Settled {
  const message = `record ${remoteId ?? ""} is gone since it was found; the row is looked for anew`;
  return { kind: "deferred", code: RECORD_GONE, message };
}

export function taken(remoteId: string, owner: string): Extract<Settled, { kind: "rejected" }> {
  return {
    kind: "rejected",
    code: "RECORD_TAKEN",
    field: null,
    message: `record ${remoteId} has this row's values and belongs to row ${owner}`,
    suppressed: false,
  };
}
