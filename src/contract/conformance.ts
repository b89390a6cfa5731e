/** What was seen when an assumption was tried. `holds: null`: it could not be tried here, and `says` why. */
export type Seen = { readonly holds: boolean | null; readonly says: string };

/** One thing that connector and sandbox take for granted of the vendor, and a probe that tries it. */
export type Assumption = {
  /** A sentence: "an empty text clears a property". */
  readonly name: string;
  /** May throw a Fault where the account cannot be spoken to at all. */
  readonly probe: (signal: AbortSignal) => Promise<Seen>;
};

/**
 * Probes in order; together they make some twenty records, each marked as ours by its name. `cleanUp` deletes them, also
 * after a probe that failed, and says which it could not delete.
 */
export interface Conformance {
  /** The account that is written to, for people. */
  readonly account: string;
  readonly assumptions: readonly Assumption[];
  cleanUp(signal: AbortSignal): Promise<{ readonly deleted: number; readonly left: readonly string[] }>;
}
