/** `npm run sim -- --seed N [--planner duckdb]` replays a seed and tells its story; `--minutes M` runs seeds on both cores. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runMany } from "./run-many.ts";
import { PLAIN, simulate } from "./simulate.ts";
import { openTier, type TierName } from "./tiers.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    minutes: { type: "string" },
    from: { type: "string", default: "1" },
    planner: { type: "string" },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function tierNamed(name: string | undefined): TierName | null {
  if (name === undefined) return null;
  if (name === "memory" || name === "duckdb") return name;
  throw new Error("--planner is memory or duckdb");
}

if (values.seed !== undefined) {
  const tier = await openTier(tierNamed(values.planner) ?? "memory");
  const result = await simulate(Number(values.seed), { ...PLAIN, ...tier.options, tell: say });
  await tier.close();
  for (const violation of result.violations) say(`FAILED  ${violation}`);
  say(result.violations.length === 0 ? `seed ${result.seed}: nothing is wrong` : `seed ${result.seed} fails`);
  process.exitCode = result.violations.length === 0 ? 0 : 1;
} else if (values.minutes !== undefined) {
  const totals = await runMany({
    minutes: Number(values.minutes),
    firstSeed: Number(values.from),
    tier: tierNamed(values.planner),
    workers: Math.max(2, availableParallelism()),
    say,
  });
  process.exitCode = totals.every((total) => total.failed.length === 0) ? 0 : 1;
} else {
  say("usage: npm run sim -- --seed N | --minutes M [--planner memory|duckdb] [--from SEED]");
  process.exitCode = 2;
}
