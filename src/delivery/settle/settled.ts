import type { Destination, Outcome, RemoteObject } from "../../contract/destination.ts";
import type { Fault } from "../../contract/fault.ts";
import type { PlanRow } from "../../contract/plan.ts";
import type { Sync } from "../../contract/project.ts";

/** How one planned row came out, everything considered. `inDoubt` rows were sent and nobody knows. */
export type Settled =
  | Extract<Outcome, { kind: "applied" | "skipped" | "rejected" | "deferred" }>
  | { readonly kind: "transferred"; readonly reason: string }
  | { readonly kind: "inDoubt"; readonly reason: string };

export type SettleContext = {
  readonly sync: Sync;
  readonly object: RemoteObject;
  /** Wrapped: limited, retrying, bisecting. */
  readonly destination: Destination;
  /** The key of this sync's row that holds a record; null where none does. */
  readonly ownerOf: (remoteIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** The name of another sync of which a living row holds a record. */
  readonly otherHolders: (remoteIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Record id → key of the row to which it came, while that is written down nowhere yet. */
  readonly claims: Map<string, string>;
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
 * What the answer to a create says where an earlier try may have landed. An insert writes a record once: the one that is there
 * has what it was made with, and is the row's; whether it was made by us nobody knows.
 */
export function ofSecondTry(row: PlanRow, outcome: Outcome): Outcome {
  if (outcome.kind !== "exists" || row.operation !== "insert") return outcome;
  return { kind: "applied", remoteId: outcome.remoteId, created: null, altered: [] };
}

/** The record of a row is not there any more, and the row is let go of it. */
export function gone(remoteId: string | null): Settled {
  return { kind: "skipped", reason: `record ${remoteId ?? ""} is gone from the destination` };
}

export function taken(remoteId: string, owner: string): Settled {
  return {
    kind: "rejected",
    code: "RECORD_TAKEN",
    field: null,
    message: `record ${remoteId} has this row's values and belongs to row ${owner}`,
    suppressed: false,
  };
}
