import { Fault } from "../contract/fault.ts";

const REFUSED = ["EACCES", "EPERM", "EROFS"];

/** A file of the memory that may not be written or read: nobody's bug, and nothing is damaged. Null for everything else. */
export function fileTrouble(error: unknown): Fault | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error ? String(error.code) : "";
  const said = /permission denied|read-only file system|readonly database/i.test(error.message);
  if (!REFUSED.includes(code) && !said) return null;
  return new Fault("STATE_FAILED", error.message.split("\n", 1)[0] ?? error.message, {
    fix: "check the permissions of the file and of the folders above it, then run again; what was sent is known or will be found out",
    cause: error,
  });
}
