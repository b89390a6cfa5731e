import type { Destination, Outcome, Reply, Write } from "../../../src/contract/destination.ts";

/** Calls that a fault can strike. */
export type CallKind = "write" | "find" | "describe" | "check";

/** What may go wrong on the way; every sandbox knows these by name. */
export type Mishap =
  | "reset"
  | "lost_reply"
  | "empty"
  | "html"
  | "partial"
  | "shuffle"
  | "expire_token"
  | { readonly delay_ms: number }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown };

/** One destination under test, beside the sandbox that it writes to. Made anew for every case. */
export type Subject = {
  readonly destination: Destination;
  /** False for the connector itself; true behind decorators, which retry, halve and wait. */
  readonly isWrapped: boolean;
  /** An object without records. */
  readonly object: string;
  /** Its fields by the part that they play. */
  readonly fields: {
    /** Unique text: upserts go by it. */
    readonly key: string;
    /** Unique text that the vendor compares ignoring case; null where it has none. */
    readonly caseless: string | null;
    readonly text: string;
    /** Takes thousands of characters; need not be findable. */
    readonly longText: string;
    readonly number: string;
    readonly boolean: string;
    /** What a cleared boolean is: a checkbox that has no empty state is unticked. */
    readonly emptyBoolean: null | "false";
    readonly date: string;
    readonly timestamp: string;
    readonly option: { readonly field: string; readonly value: string };
    readonly set: { readonly field: string; readonly values: readonly [string, string] };
    readonly readOnly: string;
    /** A value that is taken without a word and not kept; null where the vendor never does that. */
    readonly sticky: { readonly field: string; readonly present: string; readonly ignored: string } | null;
    /** A value that the vendor refuses for good. */
    readonly poison: { readonly field: string; readonly value: string; readonly code: string };
  };
  /** True where results belong to rows by their order alone, so that another order cannot be noticed. */
  readonly resultsByPosition: boolean;
  /** An object that the vendor does not have. */
  readonly unknownObject: string;
  /** A record id of the right form that was never given out. */
  readonly unknownId: string;
  /** Puts records there behind the destination's back; their ids in order. */
  seed(records: readonly Readonly<Record<string, string>>[]): Promise<readonly string[]>;
  /** Every living record by id, as the vendor spells its values. */
  dump(): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;
  /** Strikes the next `times` calls of a kind; null for all of them. */
  mishap(call: CallKind, mishap: Mishap, times?: number | null): Promise<void>;
  /** Merges the second into the first and says which record lives on; null where the vendor cannot. */
  readonly merge: ((into: string, from: string) => Promise<string>) | null;
  /** How many calls have met mishaps so far. */
  struck(): Promise<number>;
  /** How many calls have reached the vendor so far. */
  calls(): Promise<number>;
  close(): Promise<void>;
};

/** One awkwardness that every destination must take. */
export type Case = { readonly title: string; readonly run: (subject: Subject) => Promise<void> };

export const quiet = new AbortController().signal;

export function keyed(subject: Subject, key: string, fields: Write["fields"] = {}): Write {
  const { key: field } = subject.fields;
  return { by: { match: { [field]: key.toLowerCase() } }, fields: { [field]: key, ...fields } };
}

export function upsert(subject: Subject, writes: readonly Write[], signal = quiet): Promise<Reply> {
  return subject.destination.write({ object: subject.object, operation: "upsert", writes }, signal);
}

export function update(subject: Subject, writes: readonly Write[]): Promise<Reply> {
  return subject.destination.write({ object: subject.object, operation: "update", writes }, quiet);
}

export function create(subject: Subject, writes: readonly Write[]): Promise<Reply> {
  return subject.destination.write({ object: subject.object, operation: "create", writes }, quiet);
}

/** How this destination takes records away. */
export function removal(subject: Subject): "archive" | "delete" {
  return subject.destination.abilities.operations.includes("archive") ? "archive" : "delete";
}

export function kinds(reply: Reply): readonly string[] {
  return reply.outcomes.map((outcome) => outcome.kind);
}

/** Record ids of applied writes, in order; throws on any other outcome. */
export function idsOf(reply: Reply): readonly string[] {
  return reply.outcomes.map((outcome) => {
    if (outcome.kind === "applied") return outcome.remoteId;
    throw new Error(`expected applied, got ${JSON.stringify(outcome)}`);
  });
}

/** The values of a text field over all living records, sorted. */
export async function valuesOf(subject: Subject, field: string): Promise<readonly unknown[]> {
  const records = [...(await subject.dump()).values()];
  return records.map((record) => record[field] ?? null).sort();
}

/**
 * What no destination may get wrong, wrapped or not, whatever happened: an applied upsert is there with its key under the
 * id that was told; one that was refused or put off is not there.
 */
export async function liesIn(
  subject: Subject,
  writes: readonly Write[],
  outcomes: readonly Outcome[],
): Promise<readonly string[]> {
  const records = await subject.dump();
  const { key } = subject.fields;
  const landed = new Map([...records].map(([id, record]) => [record[key], id]));
  return outcomes.flatMap((outcome, index) => {
    const id = landed.get(writes[index]?.fields[key]);
    if (outcome.kind === "applied" && id !== outcome.remoteId) return [`${index}: applied, but it is ${id}`];
    const isDefiniteNo = outcome.kind === "rejected" || outcome.kind === "deferred";
    return isDefiniteNo && id !== undefined ? [`${index}: ${outcome.kind}, but it is there`] : [];
  });
}
