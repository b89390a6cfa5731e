import { setTimeout as delay } from "node:timers/promises";
import { peakMbOf, startSandbox } from "../demo/child-commands.ts";
import { count } from "../demo/run-facts.ts";
import type { BenchOptions } from "./bench.ts";
import { figure, megabytes, seconds } from "./figures.ts";
import { makePeopleProject } from "./people-project.ts";
import { startService } from "./service-child.ts";
import { VENDORS } from "./vendors.ts";

const PAUSE_MS = 20;
/** So long a run is watched; one within the limits of a real account goes on for many minutes. */
const WATCHED_MS = 60_000;

type Run = { readonly id: string; readonly state: string; readonly ended_at: string | null; readonly created: number };

/**
 * How fast `GET /runs/{id}` answers while a large sync is planned and sent, asked again and again. Tier pro, as accounts are;
 * `--tier unlimited` keeps a core busy all the while.
 */
export async function serve({ rows, tier }: BenchOptions): Promise<void> {
  const people = rows ?? 1_000_000;
  const sandbox = await startSandbox(tier ?? "pro", "hubspot");
  const project = await makePeopleProject(sandbox.url, people, VENDORS.hubspot, 1);
  try {
    await VENDORS.hubspot.prepare(sandbox);
    const service = await startService(project.dir);
    const started = await service.ask<Run>("POST", "/api/v1/syncs/people/runs", {});
    const startedAt = performance.now();
    const times: Record<string, number[]> = { planning: [], writing: [] };
    let run = started;
    while (run.ended_at === null && performance.now() - startedAt < WATCHED_MS) {
      const askedAt = performance.now();
      run = await service.ask<Run>("GET", `/api/v1/runs/${started.id}`);
      times[run.state]?.push(performance.now() - askedAt);
      await delay(PAUSE_MS);
    }
    const taken = (performance.now() - startedAt) / 1000;
    figure("contacts, tier", `${count(people)}, ${tier ?? "pro"}`);
    figure("watched", `${seconds(taken)}, ${run.state}`);
    const all = Object.values(times).flat();
    for (const [state, some] of Object.entries({ ...times, "all of them": all })) {
      if (some.length === 0) continue;
      figure(`GET /runs/{id} while ${state}`, `${count(some.length)} times`);
      figure("  median", milliseconds(quantile(some, 0.5)));
      figure("  p99", milliseconds(quantile(some, 0.99)), state === "all of them" ? "50.0 ms" : null);
      figure("  longest", milliseconds(quantile(some, 1)));
    }
    figure("peak RSS of the service (VmHWM)", megabytes(peakMbOf(service.pid)));
    await service.stop();
  } finally {
    await sandbox.stop();
    await project.remove();
  }
}

const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
