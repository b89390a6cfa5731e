import type { Hints } from "./fault.ts";
import type { FieldType, FieldValues } from "./value.ts";

/** What is asked of a destination in one call. `update`, `archive` and `delete` go by record id. */
export const CALL_OPERATIONS = ["upsert", "create", "update", "archive", "delete"] as const;
export type CallOperation = (typeof CALL_OPERATIONS)[number];

/** Facts about a destination that can be read without connecting. */
export type Abilities = {
  readonly operations: readonly CallOperation[];
  /** Most writes in one call. */
  readonly batchSize: number;
  /** Most values in one `find` call: by record id or unique field, and by so many other fields together. */
  readonly findSize: number;
  readonly searchSize: (fields: number) => number;
  /** Most bytes of all values of one `find` call together. */
  readonly findBytes: number;
  /** An upsert by match is idempotent at the vendor: after a lost answer it may be sent again. */
  readonly upsertIsAtomic: boolean;
  /** Batches in flight at once that still make the vendor faster. */
  readonly concurrency: number;
  /** Most calls of all syncs in flight at once, where the vendor limits that for the account. */
  readonly callsAtOnce?: number;
  /** What to believe of the rate limit until the first answer tells. */
  readonly firstWindow: { readonly max: number; readonly intervalMs: number };
  /** A limit of its own for lookups by fields that are not unique; null where they count like other calls. */
  readonly searchWindow: { readonly max: number; readonly intervalMs: number } | null;
};

export type Account = {
  /** The vendor's own id of the account (portal, org): the same for ever. */
  readonly id: string;
  /** For people: "HubSpot portal 4711 (STANDARD, eu1)". */
  readonly label: string;
};

/**
 * Options that hang on the value of another field of the same record: a picklist's on the record type. Plain lists, so that
 * a description can be compared as JSON.
 */
export type DependentOptions = {
  /** The field that decides. */
  readonly field: string;
  readonly when: readonly { readonly value: string; readonly options: readonly string[] }[];
  /** Where the deciding value is not known, or none of `when`. */
  readonly all: readonly string[];
};

/** Destination side of a column. */
export type RemoteField = {
  readonly name: string;
  readonly type: FieldType;
  /** The vendor's own word for the type, for messages. */
  readonly vendorType: string;
  /** May be given when a record is made. */
  readonly creatable: boolean;
  /** May be changed later. Neither: the field is read-only. */
  readonly updatable: boolean;
  /** Must be given when a record is created; false where the vendor does not say. */
  readonly required: boolean;
  /** At most one record has a value. */
  readonly unique: boolean;
  /** The vendor upserts by it. Not every such field is unique: several records with one value are then refused row by row. */
  readonly upsertKey: boolean;
  /** Records can be looked up by it. */
  readonly findable: boolean;
  /** The values an option or set field takes; null where it takes any. */
  readonly options: readonly string[] | DependentOptions | null;
  readonly maxLength: number | null;
  /** How the vendor compares values of this field: `lower` trims and ignores case. */
  readonly matchForm: "exact" | "lower";
};

export type RemoteObject = {
  readonly object: string;
  /** Objects whose records go, or lose their parent, with a record of this one: "Contact", "Opportunity". */
  readonly children: readonly string[];
  readonly fields: ReadonlyMap<string, RemoteField>;
};

/** One intention. `by.match` carries canonical match values (kit/match-form.ts). */
export type Write = {
  readonly by: { readonly id: string } | { readonly match: Readonly<Record<string, string>> };
  readonly fields: FieldValues;
};

/** One operation on one object; no id and no match value twice; at most `abilities.batchSize` writes. */
export type WriteBatch = {
  readonly object: string;
  readonly operation: CallOperation;
  readonly writes: readonly Write[];
};

export type Altered = { readonly field: string; readonly sent: string | null; readonly kept: string | null };

/** The answer for one write. */
export type Outcome =
  | {
      readonly kind: "applied";
      readonly remoteId: string;
      /** The vendor's own word on whether the record is new; null where it does not say. */
      readonly created: boolean | null;
      /** Fields whose echoed value is not what was sent, both in canonical text. */
      readonly altered: readonly Altered[];
    }
  | { readonly kind: "skipped"; readonly reason: string }
  /** A create met a record that is there already: link and update it. */
  | { readonly kind: "exists"; readonly remoteId: string; readonly message: string }
  /** The record with this id is gone. */
  | { readonly kind: "missing"; readonly message: string }
  /**
   * Refused for good; `suppressed` where the vendor will never take this person (consent, erasure). The code is the vendor's
   * own, but for `CONFLICT`: an update brings a unique value that another record holds.
   */
  | {
      readonly kind: "rejected";
      readonly code: string;
      readonly field: string | null;
      readonly message: string;
      readonly suppressed: boolean;
    }
  /** Certainly not applied, may be sent again. */
  | { readonly kind: "deferred"; readonly code: string; readonly message: string }
  /** May or may not have landed. */
  | { readonly kind: "unknown"; readonly reason: string };

export type Reply = {
  /** Exactly one outcome per write, in the order of the writes. */
  readonly outcomes: readonly Outcome[];
  /** True where the vendor refused the whole batch on account of some of its rows: halve it and send the halves. */
  readonly refusedWhole: boolean;
  readonly calls: number;
  readonly bytesOut: number;
  readonly hints: Hints;
};

export type Found = {
  readonly remoteId: string;
  /** Present values of the fields asked for, canonical text. */
  readonly fields: FieldValues;
};

export type FindRequest = {
  readonly object: string;
  /** What is compared: the record's own id, or a field, which may well be called "id" itself. */
  readonly by: "recordId" | { readonly unique: string } | { readonly fields: readonly string[] };
  /**
   * Record ids, canonical values of the field, or, for several fields, JSON arrays of their values; none twice, at most
   * `findSize` (`searchSize` by `fields`) and `findBytes`.
   */
  readonly values: readonly string[];
  /** Fields whose present values are wanted. */
  readonly fields: readonly string[];
};

export type FindReply = {
  /** By canonical value asked for: every record that has it. A value without records is absent. */
  readonly found: ReadonlyMap<string, readonly Found[]>;
  readonly calls: number;
  readonly bytesOut: number;
  readonly hints: Hints;
};

/** How the record of somebody who is to be forgotten goes, and what the vendor keeps of it nevertheless. */
export type ErasureTerms = { readonly word: "erased" | "archived" | "deleted"; readonly remark: string };

/** Letting go of a person's records, on their own wish and for ever: no operation of a sync. */
export interface Erasure {
  /** Readable without a call. */
  terms(object: string): ErasureTerms;
  /** One record, in one call, with one outcome; repeating it does no harm, and a record that is gone already is `applied`. Throws as `write` does. */
  erase(object: string, id: string, signal: AbortSignal): Promise<Reply>;
}

/** What `check` and `describe` also bring back, so that the budget can learn from them. */
export type Told<T> = { readonly value: T; readonly calls: number; readonly hints: Hints };

/**
 * A destination makes one HTTP call a method (`find` follows the pages of its answer) and never retries, sleeps, counts or logs: decorators do.
 * `check`, `describe` and `find` throw Faults (AUTH_REFUSED, DESTINATION_REFUSED, DESTINATION_UNREACHABLE,
 * DESTINATION_ANSWER, THROTTLED), hints included. `find` and `write` need the types of the fields: their object must have
 * been described on this destination before (INTERNAL otherwise). Beyond that `write` throws only AUTH_REFUSED and DESTINATION_REFUSED, when nothing
 * of the batch was applied; all other trouble is an outcome. An answer that cannot be understood is `unknown`.
 */
export interface Destination {
  readonly abilities: Abilities;
  check(signal: AbortSignal): Promise<Told<Account>>;
  /** `fields` are those that the sync names; a connector that knows fields of related objects describes these on demand. */
  describe(object: string, fields: readonly string[], signal: AbortSignal): Promise<Told<RemoteObject>>;
  find(request: FindRequest, signal: AbortSignal): Promise<FindReply>;
  write(batch: WriteBatch, signal: AbortSignal): Promise<Reply>;
  /** Null where records cannot be let go of. */
  readonly erasure: Erasure | null;
  close(): Promise<void>;
}
