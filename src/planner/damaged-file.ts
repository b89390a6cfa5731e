import { Fault } from "../contract/fault.ts";

/**
 * DuckDB names the block whose sum is wrong, not its file. A statement that names the planner's tables, or that ends a
 * transaction, reads the planner's; all others may be a model's, whose warehouse the author must mend.
 */
const READS_PLANNER = /\bsluice_planner\.|^\s*(commit|checkpoint|copy from database)\b/i;

/** STATE_CORRUPT where a statement met a damaged block of the planner file; null for everything else. */
export function damageOf(sql: string, error: unknown): Fault | null {
  const message = error instanceof Error ? error.message : String(error);
  if (!/corrupt database file/i.test(message) || !READS_PLANNER.test(sql)) return null;
  return plannerDamaged(message, error);
}

export function plannerDamaged(message: string, cause: unknown): Fault {
  return new Fault("STATE_CORRUPT", `the planner file cannot be read: ${message.split("\n", 1)[0] ?? message}`, {
    fix: "put state, planner and plans back from one backup (`sluice state restore BACKUP`); `sluice state verify` says what is damaged. Nothing was sent",
    cause,
  });
}
