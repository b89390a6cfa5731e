import { stat } from "node:fs/promises";
import { Fault } from "../contract/fault.ts";

/** Whether a file is there. STATE_FAILED where that cannot be told: a file that nobody may look at is not lost. */
export async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== null;
}

/** Bytes of a file; null where it is not there. Faults as {@link exists}. */
export async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new Fault("STATE_FAILED", `nobody can tell whether ${path} is there: ${String(error)}`, {
      fix: "check the permissions of the file and of the folders above it; nothing was sent",
      cause: error,
    });
  }
}
