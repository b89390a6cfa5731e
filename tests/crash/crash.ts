import { endChildren } from "../demo/child-commands.ts";
import { buildPrograms } from "./build-programs.ts";
import { type CrashOptions, crashOptions, USAGE } from "./crash-options.ts";
import { type LaneReport, runLane } from "./lane.ts";
import { reportText } from "./report.ts";
import { endPrograms } from "./start-program.ts";
import { targetOf } from "./targets.ts";

/** Two cores are what a small machine has; each lane keeps a program and a sandbox busy. */
const SIDE_BY_SIDE = 2;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function crash(options: CrashOptions, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now();
  const minutes = (): number => (performance.now() - startedAt) / 60_000;
  const programs = buildPrograms();
  const isLate = (): boolean => signal.aborted || minutes() >= options.minutes;
  const targets = options.to.flatMap((vendor) => options.write.map((write) => targetOf(vendor, write)));
  // What does not divide goes to the first.
  const share = (index: number): number => Math.floor((options.kills + targets.length - 1 - index) / targets.length);
  const waiting = targets.map((target, index) => ({ target, kills: share(index) }));
  const reports: LaneReport[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { seed, keep, by } = options;
      const lane = await runLane({ ...next, seed, keep, by, programs, isLate, say });
      reports.push(...lane);
      const rounds = lane.reduce((sum, report) => sum + report.rounds, 0);
      const { vendor, write } = next.target;
      say(`${vendor} ${write}: ${killsOf(lane)} kills, ${rounds} rounds, ${minutes().toFixed(1)} min`);
    }
  };
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  } finally {
    endPrograms();
    endChildren();
    programs.remove();
  }
  say(reportText(reports));
  const kills = killsOf(reports);
  const violations = reports.flatMap((report) => report.violations);
  if (kills < options.kills && violations.length === 0) say(`Stopped after ${kills} of ${options.kills} kills.`);
  for (const violation of violations) say(`BROKEN: ${violation}`);
  say(
    `${violations.length === 0 ? "Nothing lost, nothing doubled" : "It does not hold"}: ${kills} kills, seed ${options.seed}, ${minutes().toFixed(1)} min.`,
  );
  // Fewer kills than were asked for prove less than was asked.
  return violations.length === 0 && kills >= options.kills ? 0 : 1;
}

function killsOf(reports: readonly LaneReport[]): number {
  return reports.reduce((sum, { atPoints, atRandom }) => sum + atPoints + atRandom, 0);
}

async function main(args: readonly string[]): Promise<number> {
  const options = crashOptions(args);
  if (options === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  // The round is played to its end, and everything is cleaned up.
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  return crash(options, stop.signal);
}

process.exitCode = await main(process.argv.slice(2));
