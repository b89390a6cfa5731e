import { Fault } from "../contract/fault.ts";
import { fileTrouble } from "./file-trouble.ts";

/** Whatever was thrown as a Fault: a file that may not be used is STATE_FAILED, what nobody foresaw is INTERNAL, with its own words. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return (
    fileTrouble(error) ??
    new Fault("INTERNAL", error instanceof Error ? error.message : String(error), { cause: error })
  );
}
