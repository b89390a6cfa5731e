import type { PlanRequest, PlanSession } from "../contract/planner.ts";
import type { DuckdbEngine } from "./duckdb-engine.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import type { EmptyPlans } from "./empty-plans.ts";
import type { StoredMeta } from "./snapshot-schema.ts";

export type SessionParts = {
  readonly request: PlanRequest;
  readonly session: DuckdbSession;
  readonly release: () => Promise<void>;
  /** Where this sync's snapshot stands today; null before its first run. */
  readonly meta: StoredMeta | null;
  /** All snapshots of the account, for records that others hold. */
  readonly metas: readonly StoredMeta[];
  readonly engineVersion: string;
  /** Where the plan is made; it becomes the plan file, or goes when the session is closed. */
  readonly scratchFile: string;
  readonly onEveryCore: DuckdbEngine["onEveryCore"];
  readonly giveBack: DuckdbEngine["giveBack"];
  /** The planner's own tables are looked at by one at a time, too. `stored`: the sync's meta row as it stands. */
  readonly looking: <T>(work: (stored: StoredMeta | null) => Promise<T>) => Promise<T>;
  readonly emptyPlans: EmptyPlans;
  /** The planner's own tables are written by one at a time, whichever session writes, and what is known of them is read anew. */
  readonly storing: <T>(work: () => Promise<T>) => Promise<T>;
  /** The same where the work gives the meta row as it wrote it: it need not be read again. */
  readonly replacing: <M extends StoredMeta | null>(work: (stored: StoredMeta | null) => Promise<M>) => Promise<M>;
};

/** What becomes of a plan once its rows are staged; another thing where there are none. */
export type AfterStage = Omit<PlanSession, "stage" | "close">;

/** Where the rows of a plan go that guards leave in it. */
export function asideOf(scratchFile: string): string {
  return `${scratchFile}.aside`;
}
