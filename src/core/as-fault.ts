import { Fault } from "../contract/fault.ts";

/** Whatever was thrown as a Fault: what nobody foresaw is INTERNAL, with its own words. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault("INTERNAL", error instanceof Error ? error.message : String(error), { cause: error });
}
