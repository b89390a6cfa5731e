import { count, tableText } from "../demo/run-facts.ts";
import type { LaneReport } from "./lane.ts";

const HEAD =
  "vendor,write,kills,at points,at random,mid-writing,restarts,rows,lost,doubled,left over,wrong,ledger,integrity".split(
    ",",
  );

/** A line a lane, and below it where the processes died. */
export function reportText(reports: readonly LaneReport[]): string {
  const ok = (violations: number): string => (violations === 0 ? "ok" : `${violations} wrong`);
  const rows = reports.map((report) => [
    report.target.vendor,
    report.target.write,
    ...[
      report.atPoints + report.atRandom,
      report.atPoints,
      report.atRandom,
      report.midWriting,
      report.restarts,
      report.rows,
    ].map(count),
    ...[report.lost, report.doubled, report.left, report.wrong].map(count),
    ok(report.ledger),
    ok(report.integrity),
  ]);
  return `\n${tableText(HEAD, rows, 2)}\n\n${pointsText(reports)}\n`;
}

function pointsText(reports: readonly LaneReport[]): string {
  const calls = new Set<string>();
  const reached = new Map<string, number>();
  for (const { menu } of reports) {
    const facts = menu.facts();
    for (const call of facts.calls) calls.add(call);
    for (const [at, times] of facts.reached) reached.set(at, (reached.get(at) ?? 0) + times);
  }
  const places = [...reached].sort(([one], [other]) => (one < other ? -1 : 1)).map(([at, times]) => `${at} ${times}`);
  const never = [...calls].filter((call) => ![...reached.keys()].some((at) => at.startsWith(`${call}:`)));
  const lines = [`killed at ${places.join(", ")}`];
  if (never.length > 0) lines.push(`never at ${never.join(", ")}`);
  return lines.join("\n");
}
