/** Bugs of the snapshot, and of what is made of a plan. */

import type { PlanRow } from "../../../src/contract/plan.ts";
import type { Planner } from "../../../src/contract/planner.ts";
import type { Place } from "../story/place.ts";
import { takenForWhole } from "../story/tables.ts";
import { type Bug, disksOf } from "./plant.ts";

/** Rows that were accepted before, by place: the bug outlives the process. */
const accepted = new WeakMap<Place, Set<string>>();

function withRows(planner: Planner, change: (row: PlanRow) => PlanRow): Planner {
  return { ...planner, readPlan: async (...at) => (await planner.readPlan(...at)).map(change) };
}

export const PLANNER_BUGS: readonly Bug[] = [
  {
    name: "acceptance applied twice has another effect",
    plant: (ports, { place }) => {
      const seen = accepted.get(place) ?? new Set();
      accepted.set(place, seen);
      const planner: Planner = {
        ...ports.planner,
        accept: (at, rows) => {
          const again = rows.map((row) =>
            seen.has(`${at.run} ${row.seq}`) ? { ...row, state: "skipped" as const } : row,
          );
          for (const { seq } of rows) seen.add(`${at.run} ${seq}`);
          return ports.planner.accept(at, again);
        },
      };
      return { ...ports, planner };
    },
  },
  {
    name: "the in-doubt mark is dropped where the hash is equal",
    plant: (ports, { place }) => {
      const planner: Planner = {
        ...ports.planner,
        plan: (request) => {
          // A row whose hash differs is found all the same.
          const entries = disksOf(place).planner.snapshots.get(request.sync)?.entries ?? new Map();
          for (const [key, entry] of entries) if (entry.hash !== null) entries.set(key, { ...entry, doubt: null });
          return ports.planner.plan(request);
        },
      };
      return { ...ports, planner };
    },
  },
  {
    name: "rows in doubt are forgotten",
    plant: (ports) => ({ ...ports, planner: { ...ports.planner, markInDoubt: async () => undefined } }),
  },
  {
    name: "a linked row is written by its match value",
    plant: (ports) => ({
      ...ports,
      planner: withRows(ports.planner, (row) => {
        const isWrite = row.change !== "removed" && row.settled === null && row.match[0] != null;
        return isWrite ? { ...row, remoteId: null } : row;
      }),
    }),
  },
  {
    name: "a shared record is removed",
    plant: (ports) => ({
      ...ports,
      planner: {
        ...withRows(ports.planner, (row) => (row.settled === "transferred" ? { ...row, settled: null } : row)),
        // Who sends it asks once more.
        owners: async () => [],
      },
    }),
  },
  {
    name: "no guard",
    plant: (ports) => ({ ...ports, guards: false }),
  },
  {
    name: "a query that was cut is taken for whole",
    plant: (ports) => ({
      ...ports,
      planner: {
        ...ports.planner,
        plan: (request) => ports.planner.plan({ ...request, sql: takenForWhole(request.sql) }),
      },
    }),
  },
];
