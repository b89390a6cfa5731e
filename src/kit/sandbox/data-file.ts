import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Fault } from "../../contract/fault.ts";

/** A JSON file that follows a sandbox's content. */
export interface DataFile {
  /** Null where the file does not exist. Throws a Fault USAGE where it is no JSON or cannot be read. */
  load(): unknown;
  /** Writes soon; many changes become one write. */
  touch(): void;
  /** Writes now. Throws a Fault USAGE where the file cannot be written. */
  save(): void;
  /** Writes now what was touched. */
  flush(): void;
}

const SETTLE_MS = 1_000;

/** `snapshot` is asked at each write. Written aside and renamed, so a reader never meets half a file. */
export function dataFile(path: string, snapshot: () => unknown): DataFile {
  let timer: NodeJS.Timeout | null = null;

  function save(): void {
    try {
      writeAside(path, JSON.stringify(snapshot()));
    } catch (error) {
      throw new Fault("USAGE", `cannot write the sandbox data file ${path}: ${(error as Error).message}`, {
        fix: "check the path, its permissions and the free space",
        cause: error,
      });
    }
  }

  function flush(): void {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    save();
  }

  return {
    load() {
      const text = readIfThere(path);
      if (text === null) return null;
      try {
        return JSON.parse(text) as unknown;
      } catch (error) {
        throw new Fault("USAGE", `${path} is no sandbox data file: it is not JSON`, {
          fix: "name another file, or remove this one to start empty",
          cause: error,
        });
      }
    },
    touch() {
      timer ??= setTimeout(flush, SETTLE_MS);
    },
    save,
    flush,
  };
}

function writeAside(path: string, text: string): void {
  const aside = `${path}.new`;
  const file = openSync(aside, "w", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(aside, path);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Fault("USAGE", `cannot read the sandbox data file ${path}: ${(error as Error).message}`, {
      fix: "check the path and its permissions",
      cause: error,
    });
  }
}
