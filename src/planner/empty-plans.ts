import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { PlanFile } from "../contract/planner.ts";
import { emptyPlanSql } from "./change-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { copyTo, invalidFile, putInPlace, sha256Of } from "./plan-file.ts";
import { EMPTY_INVALID } from "./stage-sql.ts";

/** Plans without rows, which have the same bytes every time. */
export type EmptyPlans = {
  write(session: DuckdbSession, path: string): Promise<PlanFile>;
};

type Made = { readonly plan: Buffer; readonly invalid: Buffer; readonly sha256: string };

/** DuckDB makes the first one, in that scratch file. */
export function emptyPlans(scratchFile: string): EmptyPlans {
  let making: Promise<Made> | null = null;
  return {
    write: async (session, path) => {
      making ??= make(session, scratchFile).catch((error: unknown) => {
        making = null;
        throw error;
      });
      const { plan, invalid, sha256 } = await making;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const files = [
        [invalidFile(path), invalid],
        [path, plan],
      ] as const;
      for (const [file, bytes] of files) await writeFile(`${file}.tmp`, bytes, { mode: 0o600 });
      await putInPlace(...files.map(([file]) => [`${file}.tmp`, file] as const));
      return { path, rows: 0, sha256 };
    },
  };
}

async function make(session: DuckdbSession, scratchFile: string): Promise<Made> {
  const never = new AbortController().signal;
  try {
    await copyTo(session, EMPTY_INVALID, scratchFile, never);
    const invalid = await readFile(scratchFile);
    await copyTo(session, emptyPlanSql(), scratchFile, never);
    return { invalid, plan: await readFile(scratchFile), sha256: await sha256Of(scratchFile) };
  } finally {
    await rm(scratchFile, { force: true });
  }
}
