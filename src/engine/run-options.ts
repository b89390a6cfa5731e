import type { RunRecord } from "../contract/run.ts";
import type { Asked } from "../contract/state.ts";
import type { PlanAim } from "./plan-sync.ts";

export type RunOptions = Asked & {
  readonly trigger: string;
  readonly who: string;
  /** The run that was asked for and waits to be begun; absent: a new one. */
  readonly queued?: RunRecord;
  /** What is planned: what changed, or every row again. */
  readonly aim: PlanAim;
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
