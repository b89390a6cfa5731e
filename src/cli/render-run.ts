import type { OperationCounts, RunRecord } from "../contract/run.ts";
import { amount, count } from "../core/count-text.ts";
import type { FinishedRun } from "../engine/run-sync.ts";
import { countsLine } from "./render-plan.ts";

function operationLine(name: string, counts: OperationCounts): string {
  const parts = Object.entries(counts)
    .filter(([, value]) => value > 0)
    .map(([state, value]) => `${state} ${count(value)}`);
  return `  ${name}: ${parts.length === 0 ? "nothing" : parts.join(", ")}`;
}

export function runLine(run: RunRecord, isInterrupted = false): string {
  const seconds = run.endedAt === null ? "" : ` in ${((run.endedAt - run.startedAt) / 1000).toFixed(1)} s`;
  const reason = run.reason === null ? "" : `: ${run.reason}`;
  const isPut = run.resumeAt !== null && (run.state === "paused" || run.state === "queued");
  const until = isPut ? ` until ${new Date(run.resumeAt).toISOString()}` : "";
  return `${run.sync}  ${isInterrupted ? "interrupted" : run.state}${until}${seconds}${reason}  (run ${run.id})`;
}

export function interruptedLine(run: RunRecord): string {
  return `  run ${run.id} was interrupted; the next run first goes on with it (\`sluice resume ${run.sync}\` does only that)`;
}

/** The command that sends what a run of this kind holds. */
export function sending(run: RunRecord): string {
  return run.trigger === "resync" ? `sluice resync ${run.sync} --yes` : `sluice run ${run.sync}`;
}

function isPartlyHeld(run: RunRecord): boolean {
  return run.state === "blocked" && run.planSha256 !== null && run.guards.some((verdict) => verdict.held);
}

export function runText({ run }: FinishedRun): string {
  const rows = Object.values(run.operations).reduce((sum, counts) => sum + counts.applied, 0);
  const seconds = ((run.endedAt ?? run.startedAt) - run.startedAt) / 1000;
  const lines = [
    runLine(run),
    ...(run.counts === null ? [] : [`  ${countsLine(run.counts)}`]),
    ...Object.entries(run.operations).map(([name, counts]) => operationLine(name, counts)),
    `  created ${count(run.created)}, adopted ${count(run.adopted)}; ${amount(run.calls, "call")}, ${count(run.throttled)} throttled, waited ${(run.waitedMs / 1000).toFixed(1)} s${
      rows > 0 && seconds > 0 ? `, ${count(Math.round(rows / seconds))} rows/s` : ""
    }`,
    ...(run.state === "blocked" && run.code === "HELD" && run.planSha256 === null
      ? [`  held; nothing was sent. \`${sending(run)} --approve\` releases this set for 24 hours`]
      : []),
    ...(isPartlyHeld(run)
      ? [`  the rest was sent; \`${sending(run)} --approve\` releases the held rows for 24 hours`]
      : []),
    ...(run.newRejected + run.newInvalid > 0 ? [`  the rows and reasons: sluice rows ${run.id}`] : []),
  ];
  return lines.join("\n");
}
