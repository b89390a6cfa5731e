import type { Altered, Outcome } from "../contract/destination.ts";

const NOTHING: readonly Altered[] = [];

export function applied(remoteId: string, created: boolean | null, altered: readonly Altered[] = NOTHING): Outcome {
  return { kind: "applied", remoteId, created, altered };
}

export function exists(remoteId: string, message: string): Outcome {
  return { kind: "exists", remoteId, message };
}

export function missing(message: string): Outcome {
  return { kind: "missing", message };
}

/** `field` is the vendor's name of the field at fault, where it says. */
export function rejected(code: string, field: string | null, message: string, suppressed = false): Outcome {
  return { kind: "rejected", code, field, message, suppressed };
}

/** Only where it is certain that nothing was applied. */
export function deferred(code: string, message: string): Outcome {
  return { kind: "deferred", code, message };
}

export function unknown(reason: string): Outcome {
  return { kind: "unknown", reason };
}

/** The same outcome for every write of a batch. */
export function forAll(count: number, outcome: Outcome): readonly Outcome[] {
  return Array.from({ length: count }, () => outcome);
}
