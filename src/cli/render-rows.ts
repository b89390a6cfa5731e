import type { RunRecord } from "../contract/run.ts";
import { amount, count } from "../core/count-text.ts";
import { shownKey } from "../core/key-text.ts";
import type { RowGroup, RowList } from "../engine/list-rows.ts";
import { oneLine } from "./render-plan.ts";

/** How a run's planned rows stand, in one sentence; what did not simply apply follows by group. */
export function standing(run: RunRecord, { applied }: Pick<RowList, "applied">): string {
  const planned = amount(run.planRows, "planned row");
  const progress = `${count(applied)} of ${planned} applied`;
  const why = run.reason === null ? "" : `: ${oneLine(run.reason)}`;
  switch (run.state) {
    case "queued":
    case "planning":
      return "not finished: it is still planning, or was interrupted while it did; nothing was sent";
    case "writing":
    case "paused":
      return `not finished: ${progress} so far; it is still at work, or was interrupted`;
    case "blocked":
      if (run.planSha256 !== null) return `stopped${why}; ${progress}`;
      return run.code === "HELD"
        ? `held${why}; nothing was sent, ${planned} ${run.planRows === 1 ? "waits" : "wait"} for an approval`
        : `blocked (${run.code})${why}; nothing was sent`;
    case "failed":
    case "cancelled": {
      const code = run.code === null || run.state === "cancelled" ? "" : ` (${run.code})`;
      return `${run.state}${code}${why}; ${run.planSha256 === null ? "nothing was sent" : progress}`;
    }
    case "succeeded":
    case "partial":
      if (run.planRows === 0) return "nothing was planned";
      return applied === run.planRows ? `every planned row applied (${count(applied)})` : progress;
  }
}

export function groupText(group: RowGroup, keyParts: number): string {
  const code = [group.code, group.field].filter((part) => part !== null).join(" ");
  const examples = group.examples.map(({ key, message }) => {
    const shown = key === null ? "(no key)" : shownKey(key, keyParts);
    return `      ${shown}  ${message === null ? "" : oneLine(message)}`;
  });
  return [`  ${count(group.count)} × ${group.state}${code === "" ? "" : `: ${code}`}`, ...examples].join("\n");
}
