import { count } from "../demo/run-facts.ts";
import type { BenchOptions } from "./bench.ts";
import { figure, megabytes, seconds } from "./figures.ts";
import { firstRun } from "./first-run.ts";
import { VENDORS } from "./vendors.ts";

const CALLS_A_WINDOW = 190;
const WINDOW_SECONDS = 10;
/** Of what is allowed, from the first write to the last answer. */
const LEAST_SHARE = 98;

/** Tier pro: how near to the shortest time that 190 calls in any 10 s allow, and whether any call was refused; exit 1 by either. */
export async function rate({ rows, tier, syncs }: BenchOptions): Promise<void> {
  const people = rows ?? 60_000;
  const { calls, runs, ended } = await firstRun(people, tier ?? "pro", VENDORS.hubspot, async () => undefined, syncs);
  const first = calls[0]?.time ?? 0;
  const last = Math.max(...calls.map((call) => call.time + call.ms));
  const windows = Math.ceil(calls.length / CALLS_A_WINDOW);
  const lastBurst = calls.slice((windows - 1) * CALLS_A_WINDOW);
  const burst = (last - (lastBurst[0]?.time ?? last)) / 1000;
  const shortest = (windows - 1) * WINDOW_SECONDS + burst;
  const taken = (last - first) / 1000;
  figure("contacts", count(people));
  figure("syncs that share the account", count(syncs));
  figure("calls, all of them", count(calls.length));
  const refused = calls.filter((call) => call.status === 429).length;
  figure("answered 429", count(refused), "0");
  // Not a matter of speed: one refused call means that the budget counted wrong.
  if (refused > 0) process.exitCode = 1;
  figure("first call to last answer", seconds(taken));
  figure(`shortest: ${windows - 1} × ${WINDOW_SECONDS} s + the last burst of ${lastBurst.length}`, seconds(shortest));
  figure("ratio", (taken / shortest).toFixed(3), "1.05");
  const firstWrite = calls.find((call) => call.path.includes("/batch/"))?.time ?? first;
  const steady = (last - firstWrite) / 1000;
  const share = (100 * shortest) / steady;
  figure("  without planning, from the first write on", (steady / shortest).toFixed(3));
  figure("  share of the allowed rate from there on", `${share.toFixed(1)} %`, `${LEAST_SHARE} %`);
  figure("whole command", seconds(ended.seconds));
  figure("waited for the budget", seconds(Math.max(...runs.map((run) => run.waited_ms)) / 1000));
  figure("peak RSS (VmHWM)", megabytes(ended.peakMb), "400 MB");
}
