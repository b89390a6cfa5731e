import type { RunRecord } from "../contract/run.ts";
import type { PlanAim } from "./plan-sync.ts";

export type RunOptions = {
  readonly trigger: string;
  readonly who: string;
  /** Lets go what a guard holds (S22). */
  readonly approve: boolean;
  /** The run that was asked for and waits to be begun; absent: a new one. */
  readonly queued?: RunRecord;
  /** What is planned: what changed, or every row again. */
  readonly aim: PlanAim;
  /** Goes on with a paused run before its time, and with a sync that died again and again. */
  readonly insists: boolean;
  readonly isDead: (holder: string) => boolean;
  readonly holder: string;
  /** At most so many plans at once; each may take the planner's whole memory limit. */
  readonly planTurn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly onProgress: (progress: Progress) => void;
  /** Told of an earlier run that was taken up again and ended now, or was given up. */
  readonly onRecovered: (run: RunRecord) => void;
};

export type Progress = {
  readonly sync: string;
  readonly phase: "planning" | "writing";
  readonly done: number;
  readonly planned: number;
};
