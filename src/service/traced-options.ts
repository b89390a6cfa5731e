import type { RunOptions } from "../engine/run-options.ts";
import type { WorkTrace } from "./service-parts.ts";

/** The same run, seen by a trace: when it plans, when it writes, which earlier runs end on the way. */
export function tracedOptions(options: RunOptions, trace: WorkTrace): RunOptions {
  return {
    ...options,
    planTurn: (work) => options.planTurn(() => trace.planning(work)),
    onProgress: (progress) => {
      if (progress.phase === "writing") trace.writing();
      options.onProgress(progress);
    },
    onRecovered: (run) => {
      trace.ended({ run, planned: null, fault: null });
      options.onRecovered(run);
    },
  };
}
