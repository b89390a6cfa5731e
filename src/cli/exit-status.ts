import type { RunRecord } from "../contract/run.ts";

const GRAVEST_FIRST = [130, 1, 2, 4, 3, 0];

/** Several syncs end as the gravest of them. */
export function gravest(statuses: readonly number[]): number {
  return GRAVEST_FIRST.find((status) => statuses.includes(status)) ?? 0;
}

export function statusOf(run: Pick<RunRecord, "state">): number {
  switch (run.state) {
    case "succeeded":
      return 0;
    case "partial":
    case "paused":
      return 3;
    case "blocked":
      return 4;
    case "cancelled":
      return 130;
    default:
      return 1;
  }
}
