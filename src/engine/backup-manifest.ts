import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../contract/fault.ts";
import { measure } from "./memory-files.ts";

/** A sync as the backup holds it. */
export type KeptSync = {
  readonly name: string;
  readonly account: string;
  readonly object: string;
  readonly generation: number;
  readonly rows: number;
};

export type KeptFile = { readonly path: string; readonly bytes: number; readonly sha256: string };

/** `manifest.json` of a backup: whose memory it is, of when, and the sum of every file. */
export type Manifest = {
  readonly sluice_backup: 1;
  readonly project: string;
  readonly environment: string;
  /** UTC ISO 8601. */
  readonly taken_at: string;
  /** Versions of the tables in `state.db` and `planner.duckdb`. */
  readonly schemas: { readonly state: number; readonly planner: number };
  readonly syncs: readonly KeptSync[];
  readonly files: readonly KeptFile[];
};

export const MANIFEST = "manifest.json";
export const STATE = "state.db";
export const PLANNER = "planner.duckdb";

/** No path leads out of the backup, and none to a file that a memory does not have. */
const KNOWN_PATH = /^(state\.db|planner\.duckdb|plans\/[\w-]+(\.invalid)?\.parquet)$/;

/** Reads a backup's manifest. Faults: USAGE where there is none, STATE_CORRUPT where it is damaged, STATE_MISMATCH of a newer version. */
export async function readManifest(dir: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(dir, MANIFEST), "utf8");
  } catch (error) {
    throw new Fault("USAGE", `${dir} is no backup: there is no ${MANIFEST} to read in it`, {
      fix: "name a folder that `sluice state backup` made",
      cause: error,
    });
  }
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw damaged(dir, `${MANIFEST} is no JSON`, error);
  }
  if (typeof manifest !== "object" || manifest === null || !("sluice_backup" in manifest))
    throw damaged(dir, `${MANIFEST} does not describe a backup`);
  if (manifest.sluice_backup !== 1)
    throw new Fault("STATE_MISMATCH", `the backup ${dir} was made by a newer version of Sluice`, {
      fix: "install that version, or name another backup; nothing was changed",
    });
  if (!isManifest(manifest)) throw damaged(dir, `${MANIFEST} is incomplete`);
  return manifest;
}

function isManifest(value: object): value is Manifest {
  const { project, environment, taken_at, schemas, syncs, files } = value as Partial<Record<keyof Manifest, unknown>>;
  const texts = [project, environment, taken_at].every((text) => typeof text === "string");
  if (!texts || Number.isNaN(Date.parse(String(taken_at))) || typeof schemas !== "object" || schemas === null)
    return false;
  const paths = listOf(files, ["path", "sha256"], ["bytes"])?.map(({ path }) => String(path));
  if (paths === undefined || !paths.every((path) => KNOWN_PATH.test(path))) return false;
  const isWhole = [STATE, PLANNER].every((file) => paths.includes(file));
  return isWhole && listOf(syncs, ["name", "account", "object"], ["generation", "rows"]) !== null;
}

function listOf(
  value: unknown,
  texts: readonly string[],
  numbers: readonly string[],
): Record<string, unknown>[] | null {
  if (!Array.isArray(value)) return null;
  const is = (one: unknown): one is Record<string, unknown> => typeof one === "object" && one !== null;
  const isWhole = (one: Record<string, unknown>): boolean =>
    texts.every((name) => typeof one[name] === "string") && numbers.every((name) => typeof one[name] === "number");
  return value.every((one) => is(one) && isWhole(one)) ? (value as Record<string, unknown>[]) : null;
}

/** Fault: STATE_CORRUPT where a file of the backup, lying in `dir`, is not what was put into it. */
export async function checkFiles(dir: string, { files }: Manifest): Promise<void> {
  for (const file of files) {
    const found = await measure(join(dir, file.path)).catch((error: unknown) => {
      throw damaged(dir, `${file.path} cannot be read`, error);
    });
    if (found.sha256 !== file.sha256) throw damaged(dir, `${file.path} is not what was put into it`);
  }
}

function damaged(dir: string, why: string, cause?: unknown): Fault {
  return new Fault("STATE_CORRUPT", `the backup ${dir} is damaged: ${why}`, {
    fix: "name another backup; nothing was changed",
    cause,
  });
}
