import { appendFileSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { Services } from "../../src/cli/services.ts";
import type { Planner } from "../../src/contract/planner.ts";
import type { ServiceStore } from "../../src/contract/service.ts";
import type { StateStore } from "../../src/contract/state.ts";
import type { Workbench } from "../../src/engine/workbench.ts";
import { parsePoint } from "./point.ts";

/** Only read, or keep the lease alive: dying there is dying between two others. */
const NOT_WATCHED = new Set([
  ...["syncs", "holder", "run", "runs", "batches", "rejects", "reject", "notes", "noteTotals", "noteGroups"],
  ...[
    "holds",
    "budget",
    "setting",
    "auditTrail",
    "metas",
    "readPlan",
    "countPlan",
    "owners",
    "tally",
    "entry",
    "aims",
    "leaving",
  ],
  ...[
    "planSha",
    "deaths",
    "leases",
    "restoration",
    "tallyRun",
    "unlinked",
    "guardCounts",
    "goneRejects",
    "sample",
    "renew",
    "plan",
  ],
  ...["queued", "openSyncs", "lastRuns", "schedules", "schedule", "tokens", "token", "audits", "hasSeen"],
  ...["extend", "nextDue", "stats"],
]);
/** Time for a request's bytes to leave; the sandboxes of the harness take longer than that to answer. */
const LEAVE_MS = 15;

/** Counts the calls of a process by name and dies at the one it was told. */
export interface Watch {
  around<T>(call: string, run: () => T): T;
}

/** `trace` is a file that gets a line a call; `point` as in {@link parsePoint}. Both may be missing. */
export function openWatch({ point, trace }: { point: string | undefined; trace: string | undefined }): Watch {
  const end = point === undefined ? null : parsePoint(point);
  const counts = new Map<string, number>();
  return {
    around: <T>(call: string, run: () => T): T => {
      const nth = (counts.get(call) ?? 0) + 1;
      counts.set(call, nth);
      if (trace !== undefined) appendFileSync(trace, `${call}\n`);
      const isHere = end?.call === call && end.nth === nth;
      if (isHere && end.side === "before") die();
      const result = run();
      if (isHere && end.side === "unanswered") setTimeout(die, LEAVE_MS);
      if (!isHere || end.side !== "after") return result;
      if (result instanceof Promise) return result.then(die) as T;
      return die();
    },
  };
}

/** As the machine would: no handler, no `finally`, no flush. */
function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way; nothing more happens here.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** The program's services with every port of its workbench watched. */
export function watchServices(services: Services, watch: Watch): Services {
  return {
    ...services,
    openBench: async (...args) => watchBench(await services.openBench(...args), watch),
  };
}

function watchBench(bench: Workbench, watch: Watch): Workbench {
  return {
    ...watchCalls(bench, watch),
    planner: watchPlanner(bench.planner, watch),
    state: bench.state === null ? null : watched("state", bench.state, watch),
  };
}

/** Over a planner and a state that are watched already. */
export function watchCalls(bench: Workbench, watch: Watch): Workbench {
  return {
    ...bench,
    accounts: {
      ...bench.accounts,
      open: async (...args) => {
        const opened = await bench.accounts.open(...args);
        return { ...opened, metered: (meter) => watched("destination", opened.metered(meter), watch) };
      },
    },
    close: () => watch.around("bench.close", () => bench.close()),
  };
}

export function watchService(state: StateStore & ServiceStore, watch: Watch): StateStore & ServiceStore {
  return { ...watched("state", state, watch), rings: watched("rings", state.rings, watch) };
}

export function watchPlanner(planner: Planner, watch: Watch): Planner {
  return {
    ...watched("planner", planner, watch),
    plan: async (request) => watched("session", await planner.plan(request), watch),
  };
}

/** The same port; each of its methods that changes something is a point, whatever it is called. */
function watched<T extends object>(name: string, port: T, watch: Watch): T {
  const members = Object.entries(port).map(([key, member]: [string, unknown]) => {
    if (typeof member !== "function" || NOT_WATCHED.has(key)) return [key, member];
    return [
      key,
      (...args: unknown[]) => watch.around(`${name}.${key}`, () => Reflect.apply(member, port, args) as unknown),
    ];
  });
  return Object.fromEntries(members) as T;
}

/** Plan files and the marker are written aside and renamed: a point of its own, below every port. */
export function watchRenames(watch: Watch): void {
  const rename = fs.rename;
  fs.rename = (from, to) => watch.around("file.rename", () => rename(from, to));
  syncBuiltinESMExports();
}
