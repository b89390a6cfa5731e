import { Fault } from "../contract/fault.ts";

const REFUSED = ["EACCES", "EPERM", "EROFS"];

/** A file that may not be written or read: nobody's bug, and nothing is damaged. Null for everything else, sockets among it. */
export function fileTrouble(error: unknown): Fault | null {
  if (!(error instanceof Error) || !("code" in error) || !("path" in error)) return null;
  return REFUSED.includes(String(error.code)) ? refusedFile(error) : null;
}

/** The same in the words of a database of our own. */
export function databaseTrouble(error: unknown): Fault | null {
  if (!(error instanceof Error) || !/permission denied|read-only file system/i.test(error.message)) return null;
  return refusedFile(error);
}

function refusedFile(error: Error): Fault {
  return new Fault("STATE_FAILED", error.message.split("\n", 1)[0] ?? error.message, {
    fix: "check the permissions of the file and of the folders above it, then run again; what was sent is known or will be found out",
    cause: error,
  });
}
