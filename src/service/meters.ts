import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Doorbell } from "../contract/doorbell.ts";
import type { FinishedRun } from "../engine/run-sync.ts";
import type { Meters } from "./service-parts.ts";

export type MetersOptions = {
  readonly stats: Doorbell["stats"];
  /** Runs at work now. */
  readonly working: () => number;
  /** Whether the newest files are not the ones at work. */
  readonly isRefused: () => boolean;
};

const RUN_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400];
const HTTP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60];
const LATE_SECONDS = [0.1, 0.5, 1, 5, 30, 60, 300, 3_600];

/**
 * What Prometheus reads. Names follow its convention (unit last, `_total` for counters); labels are names of syncs, states and
 * routes, so that their number stays small.
 */
export function openMeters(options: MetersOptions): Meters & { text(): Promise<{ type: string; text: string }> } {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  const runs = new Counter({
    ...{ name: "sluice_runs_total", help: "Runs that ended.", labelNames: ["sync", "action", "state"], registers },
  });
  const runSeconds = new Histogram({
    ...{ name: "sluice_run_duration_seconds", help: "From begin to end of a run.", labelNames: ["sync"], registers },
    buckets: RUN_SECONDS,
  });
  const rows = new Counter({
    ...{ name: "sluice_rows_total", help: "Planned rows by their end.", labelNames: ["sync", "outcome"], registers },
  });
  const calls = new Counter({
    ...{ name: "sluice_destination_calls_total", help: "Calls to destinations.", labelNames: ["sync"], registers },
  });
  const throttled = new Counter({
    ...{ name: "sluice_destination_throttled_total", help: "Calls answered 429.", labelNames: ["sync"], registers },
  });
  const lastSuccess = new Gauge({
    ...{
      name: "sluice_last_success_timestamp_seconds",
      help: "When a sync succeeded last.",
      labelNames: ["sync"],
      registers,
    },
  });
  const lateSeconds = new Histogram({
    ...{ name: "sluice_schedule_lateness_seconds", help: "How late scheduled starts were.", registers },
    buckets: LATE_SECONDS,
  });
  const httpSeconds = new Histogram({
    ...{ name: "sluice_http_request_duration_seconds", help: "Answers of the API.", registers },
    ...{ labelNames: ["route", "method", "status"], buckets: HTTP_SECONDS },
  });
  const rings = new Gauge({ name: "sluice_rings", help: "What waits.", labelNames: ["state"], registers });
  const lag = new Gauge({ name: "sluice_ring_lag_seconds", help: "How long the oldest ring waits.", registers });
  const active = new Gauge({ name: "sluice_runs_active", help: "Runs at work.", registers });
  const refused = new Gauge({
    name: "sluice_config_refused",
    help: "1 where newer files are not taken over.",
    registers,
  });
  return {
    runEnded: (sync, { run }: FinishedRun) => {
      runs.inc({ sync, action: run.action, state: run.state });
      if (run.endedAt !== null) runSeconds.observe({ sync }, (run.endedAt - run.startedAt) / 1000);
      if (run.action === "plan") return;
      for (const counts of Object.values(run.operations))
        for (const outcome of ["applied", "skipped", "rejected", "deferred", "cancelled"] as const)
          if (counts[outcome] > 0) rows.inc({ sync, outcome }, counts[outcome]);
      calls.inc({ sync }, run.calls);
      throttled.inc({ sync }, run.throttled);
      if (run.state === "succeeded" && run.endedAt !== null) lastSuccess.set({ sync }, run.endedAt / 1000);
    },
    fired: (_sync, lateMs) => lateSeconds.observe(lateMs / 1000),
    answered: (route, method, status, seconds) => httpSeconds.observe({ route, method, status }, seconds),
    text: async () => {
      const { planned, waiting, working, lagMs } = await options.stats();
      for (const [state, value] of Object.entries({ planned, waiting, working })) rings.set({ state }, value);
      lag.set(lagMs / 1000);
      active.set(options.working());
      refused.set(options.isRefused() ? 1 : 0);
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}
