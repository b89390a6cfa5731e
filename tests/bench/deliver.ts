import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runScript, type Sandbox } from "../demo/child-commands.ts";
import { count } from "../demo/run-facts.ts";
import type { BenchOptions } from "./bench.ts";
import { figure, megabytes, perSecond, seconds } from "./figures.ts";
import { firstRun } from "./first-run.ts";
import { makePeopleProject } from "./people-project.ts";
import { VENDORS, type Vendor } from "./vendors.ts";
import type { Alone } from "./without-network.ts";

const here = (file: string): string => realpathSync(fileURLToPath(new URL(file, import.meta.url)));

/** A first run of 100,000 people × 10 fields, and what its speed is made of. */
export async function deliver({ rows, tier, to }: BenchOptions): Promise<void> {
  const people = rows ?? 100_000;
  const vendor = VENDORS[to];
  let client = 0;
  const first = await firstRun(people, tier ?? "unlimited", vendor, async (sandbox) => {
    if ((tier ?? "unlimited") === "unlimited") client = await clientSeconds(sandbox, vendor, people);
  });
  const { calls, run, ended, spawnedAt, goneAt } = first;
  const writes = calls.filter((call) => call.method !== "GET" && vendor.isWrite(call.path));
  const firstCall = calls[0]?.time ?? spawnedAt;
  const firstWrite = writes[0]?.time ?? firstCall;
  const lastWrite = Math.max(...writes.map((call) => call.time + call.ms));
  figure("rows × properties", `${count(people)} × 10`);
  figure("end to end, whole command", perSecond(people, ended.seconds), GOALS[to].whole);
  figure("peak RSS of the command (VmHWM)", megabytes(ended.peakMb), "400 MB");
  figure("calls, 429s", `${count(calls.length)}, ${calls.filter((call) => call.status === 429).length}`);
  process.stdout.write("\nwhere the time went\n");
  figure("whole command", seconds(ended.seconds));
  figure("  start to first call", seconds((firstCall - spawnedAt) / 1000));
  figure("  describe, plan, commit", seconds((firstWrite - firstCall) / 1000));
  figure("  writing", seconds((lastWrite - firstWrite) / 1000));
  figure("  last acceptance, end", seconds((goneAt - lastWrite) / 1000));
  figure("writing alone", perSecond(people, (lastWrite - firstWrite) / 1000), GOALS[to].writing);
  figure("waited for the budget", seconds(run.waited_ms / 1000));
  if (client === 0) return;
  process.stdout.write("\nwhat bounds it\n");
  figure("client and server, nothing of ours", perSecond(people, client));
  if (to !== "hubspot") return;
  const alone = await withoutNetwork(people);
  figure("ours, answers at once: from commit to end", perSecond(people, alone.deliverSeconds));
  figure("  of it reading plan, intents, acknowledging", seconds(alone.deliverSeconds - alone.acceptSeconds));
  figure("  of it accepting into the snapshot", seconds(alone.acceptSeconds));
  figure("  its peak RSS", megabytes(alone.peakMb));
}

const GOALS = {
  hubspot: { whole: "12,000 rows/s", writing: null },
  salesforce: { whole: null, writing: "20,000 rows/s" },
} as const;

/** The raw destination with the same batches, as many at once as Sluice sends. */
async function clientSeconds(sandbox: Sandbox, vendor: Vendor, rows: number): Promise<number> {
  await sandbox.control("POST", "reset");
  await vendor.prepare(sandbox);
  const ended = await runScript(here("./raw-client.ts"), [vendor.name, sandbox.url, String(rows)]);
  if (ended.status !== 0) throw new Error(`raw-client: ${ended.stderr}`);
  return (JSON.parse(ended.stdout) as { seconds: number }).seconds;
}

async function withoutNetwork(rows: number): Promise<Alone & { peakMb: number }> {
  const project = await makePeopleProject("http://127.0.0.1:9", rows);
  try {
    const ended = await runScript(here("./without-network.ts"), [project.dir]);
    if (ended.status !== 0) throw new Error(`without-network: ${ended.stderr}`);
    return { ...(JSON.parse(ended.stdout) as Alone), peakMb: ended.peakMb };
  } finally {
    await project.remove();
  }
}
