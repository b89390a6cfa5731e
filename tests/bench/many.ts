import { readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sluice, startSandbox } from "../demo/child-commands.ts";
import { count } from "../demo/run-facts.ts";
import type { BenchOptions } from "./bench.ts";
import { figure, megabytes, seconds } from "./figures.ts";
import { makePeopleProject } from "./people-project.ts";
import { type Service, startService } from "./service-child.ts";
import { VENDORS } from "./vendors.ts";

const ROWS_A_SYNC = 20;
const WATCH_MS = 30_000;
const LONGEST_MS = 240_000;
/** One start of each in five minutes, each sync at its own second: with 1,000 syncs more than three a second. */
const SPREAD = { every: "5m" };
/** All at once. */
const TOGETHER = { cron: "* * * * *" };

/** A service with very many small syncs: what it takes to read them, to look at them all and find nothing, to start them in time. */
export async function many({ syncs }: BenchOptions): Promise<void> {
  const total = syncs === 1 ? 1_000 : syncs;
  const sandbox = await startSandbox("unlimited", "hubspot");
  const project = await makePeopleProject(sandbox.url, total * ROWS_A_SYNC, VENDORS.hubspot, total);
  try {
    await VENDORS.hubspot.prepare(sandbox);
    figure("syncs, rows each", `${count(total)}, ${ROWS_A_SYNC}`);
    const check = await sluice(["check", "--project", project.dir, "--json"]);
    figure("check", seconds(check.seconds), "3.00 s");
    const service = await startService(project.dir);
    const names = (await readdir(join(project.dir, "syncs"))).map((file) => file.replace(/\.yml$/, ""));
    const first = await drain(service, names);
    figure("first runs, all of them", seconds(first));
    const before = rssMb(service.pid);
    figure("memory after the first runs", megabytes(before));
    for (const round of [1, 2, 3]) {
      const cpuBefore = cpuSeconds(service.pid);
      const taken = await drain(service, names);
      figure(`no change, drain ${round}`, seconds(taken));
      figure("  runs", `${(total / taken).toFixed(1)} /s`, "20 /s");
      figure(
        "  CPU of the service, a run",
        `${((1000 * (cpuSeconds(service.pid) - cpuBefore)) / total).toFixed(0)} ms`,
      );
      figure("  memory", megabytes(rssMb(service.pid)));
    }
    await schedule(project.dir, names, SPREAD);
    await delay(WATCH_MS);
    const spread = await latenessOf(service);
    figure("scheduled starts in half a minute", count(spread.starts));
    tellLateness(spread);
    await schedule(project.dir, names, TOGETHER);
    figure("all due at one moment", count(total));
    tellLateness(await startsAfter(service, spread, total));
    figure("memory after schedules", megabytes(rssMb(service.pid)));
    await service.stop();
  } finally {
    await sandbox.stop();
    await project.remove();
  }
}

/** Asks for a run of each at once and waits until all are over, as the events tell. */
async function drain(service: Service, names: readonly string[]): Promise<number> {
  const ends = await service.countEvents("run.ended");
  const startedAt = performance.now();
  await Promise.all(names.map((name) => service.ask("POST", `/api/v1/syncs/${name}/runs`, {})));
  while (ends.seen() < names.length) {
    if (performance.now() - startedAt > LONGEST_MS) throw new Error("the runs did not end in time");
    await delay(20);
  }
  ends.leave();
  const taken = (performance.now() - startedAt) / 1000;
  type Sync = { readonly last_run: { readonly state: string } | null };
  const { syncs } = await service.ask<{ syncs: readonly Sync[] }>("GET", "/api/v1/syncs");
  const bad = syncs.find(({ last_run: run }) => run?.state !== "succeeded");
  if (bad !== undefined) throw new Error(`a run did not succeed: ${JSON.stringify(bad)}`);
  return taken;
}

async function schedule(dir: string, names: readonly string[], spec: object): Promise<void> {
  for (const name of names) {
    const path = join(dir, "syncs", `${name}.yml`);
    const sync = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(path, JSON.stringify({ ...sync, schedule: spec }));
  }
}

type Lateness = { readonly starts: number; readonly within: { readonly tenth: number; readonly second: number } };

/** Waits until so many more have started than before. */
async function startsAfter(service: Service, before: Lateness, wanted: number): Promise<Lateness> {
  const endsAt = performance.now() + LONGEST_MS;
  for (;;) {
    const now = await latenessOf(service);
    if (now.starts >= before.starts + wanted)
      return {
        starts: now.starts - before.starts,
        within: {
          tenth: now.within.tenth - before.within.tenth,
          second: now.within.second - before.within.second,
        },
      };
    if (performance.now() > endsAt) throw new Error(`only ${now.starts - before.starts} of ${wanted} started`);
    await delay(500);
  }
}

async function latenessOf(service: Service): Promise<Lateness> {
  const text = await service.ask<string>("GET", "/metrics");
  const bucket = (le: string): number =>
    Number(new RegExp(`sluice_schedule_lateness_seconds_bucket\\{le="${le}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  return { starts: bucket("\\+Inf"), within: { tenth: bucket("0\\.1"), second: bucket("1") } };
}

function tellLateness({ within }: Lateness): void {
  const figures = `${count(within.tenth)}, ${count(within.second)}`;
  figure("  within 0.1 s, within 1 s of their time", figures, "all within 1 s");
}

function rssMb(pid: number): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

/** Of all its threads, in user and system mode; the kernel counts in hundredths. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
