import type { Random } from "../../contract/clock.ts";
import type { Answer, Call, Head } from "./call.ts";

/** One vendor's behaviour. All members are synchronous: what a call does is done before the next one is looked at. */
export interface SandboxVendor {
  /** Decides by the head alone: credentials, limits. Null lets the call pass. */
  refuse(head: Head): Answer | null;
  /** Headers that every answer to this call bears, asked after `refuse`. */
  headers(head: Head): Readonly<Record<string, string>>;
  /** Applies the call. */
  answer(call: Call): Answer;
  /** The vendor's own forms of the faults that look different everywhere. */
  readonly wrong: {
    /** Success without results. */
    empty(call: Call): Answer;
    /** The token has run out. */
    expired(call: Call): Answer;
    /** The answer is no JSON. */
    badBody(call: Call, why: "not_json" | "too_large"): Answer;
    /** `answer` with at least one result less; unchanged where it has none. */
    partial(answer: Answer, random: Random): Answer;
    /** `answer` with its results in random order. */
    shuffle(answer: Answer, random: Random): Answer;
  };
  readonly control: {
    /** `POST fields`: new fields, or a new object. Throws a Fault USAGE. */
    addFields(body: unknown): unknown;
    /** `GET dump`: records for comparison. Throws a Fault USAGE. */
    dump(query: URLSearchParams): unknown;
    /** `POST records`: records that are there already. Throws a Fault USAGE. */
    seed(body: unknown): unknown;
    /** As just started. */
    reset(): void;
    /** Control calls that only this vendor has, by "POST triggers" and the like. Each throws a Fault USAGE. */
    readonly more: Readonly<Record<string, (body: unknown) => unknown>>;
  };
  /** What the data file keeps, as JSON. */
  snapshot(): unknown;
  /** Takes up a snapshot of its own making; throws a Fault USAGE where it is none. */
  restore(snapshot: unknown): void;
}
