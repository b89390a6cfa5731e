import { count, tableText } from "../demo/run-facts.ts";
import type { LaneReport } from "./lane.ts";
import type { WayName } from "./round.ts";

const HEAD =
  "vendor,write,by,kills,at points,at random,mid-writing,stopped,restarts,taken up,rows,lost,doubled,left over,wrong,ledger,integrity".split(
    ",",
  );

/** A line a lane and way, and below it where the processes died. */
export function reportText(reports: readonly LaneReport[]): string {
  const ok = (violations: number): string => (violations === 0 ? "ok" : `${violations} wrong`);
  const rows = reports.map((report) => [
    report.target.vendor,
    report.target.write,
    report.by,
    ...[
      report.atPoints + report.atRandom,
      report.atPoints,
      report.atRandom,
      report.midWriting,
      report.stopped,
      report.restarts,
      report.resumed,
      report.rows,
    ].map(count),
    ...[report.lost, report.doubled, report.left, report.wrong].map(count),
    ok(report.ledger),
    ok(report.integrity),
  ]);
  return `\n${tableText(HEAD, rows, 3)}\n\n${pointsText(reports, "run")}${pointsText(reports, "serve")}`;
}

/** Empty where nothing was done in this way. */
function pointsText(all: readonly LaneReport[], by: WayName): string {
  const reports = all.filter((report) => report.by === by);
  if (reports.length === 0) return "";
  const calls = new Set<string>();
  const reached = new Map<string, number>();
  for (const { menu } of reports) {
    const facts = menu.facts();
    for (const call of facts.calls) calls.add(call);
    for (const [at, times] of facts.reached) reached.set(at, (reached.get(at) ?? 0) + times);
  }
  const places = [...reached].sort(([one], [other]) => (one < other ? -1 : 1)).map(([at, times]) => `${at} ${times}`);
  const never = [...calls].filter((call) => ![...reached.keys()].some((at) => at.startsWith(`${call}:`)));
  const lines = [`${by} killed at ${places.join(", ")}`];
  if (never.length > 0) lines.push(`${by} never at ${never.join(", ")}`);
  return `${lines.join("\n")}\n`;
}
