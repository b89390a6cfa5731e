/** Bugs of what is written down, and when. */
import type { Lease, StateStore } from "../../../src/contract/state.ts";
import { type Bug, disksOf, newestLease, planPathOf } from "./plant.ts";

type Intents = Parameters<StateStore["recordIntents"]>[1];

const LEASED = [
  "putSync",
  "renew",
  "release",
  "putDeaths",
  "createRun",
  "patchRun",
  "recordIntents",
  "withdrawIntents",
  "acknowledge",
  "foldAccepted",
  "dropRejects",
  "hold",
  "dropWaitingHolds",
] as const;

export const STATE_BUGS: readonly Bug[] = [
  {
    name: "no intent mark: a batch is written down only with its answer",
    plant: (ports) => {
      let open: Intents = [];
      const state: StateStore = {
        ...ports.state,
        recordIntents: async (_, batches) => {
          open = [...open, ...batches];
        },
        acknowledge: async (lease, acknowledgements) => {
          const answered = open.filter((batch) =>
            acknowledgements.some((one) => one.run === batch.run && one.fromSeq === batch.fromSeq),
          );
          open = open.filter((batch) => !answered.includes(batch));
          await ports.state.recordIntents(lease, answered);
          await ports.state.acknowledge(lease, acknowledgements);
        },
      };
      return { ...ports, state };
    },
  },
  {
    name: "the snapshot moves before the answer",
    plant: (ports, { place }) => {
      const state: StateStore = {
        ...ports.state,
        recordIntents: async (lease, batches) => {
          await ports.state.recordIntents(lease, batches);
          for (const { run, fromSeq, toSeq } of batches) {
            const plan = planPathOf(place, run);
            const rows = (await ports.planner.readPlan(plan, fromSeq, toSeq + 1)).filter(
              (row) => row.remoteId !== null && row.settled === null && row.change !== "removed",
            );
            const accepted = rows.map(({ seq, remoteId }) => ({
              seq,
              state: "applied" as const,
              remoteId,
              created: false,
              kept: null,
            }));
            const at = { sync: lease.sync, epoch: lease.epoch, run, plan, nowMs: 1_800_000_000_000 };
            if (accepted.length > 0) await ports.planner.accept(at, accepted);
          }
        },
      };
      return { ...ports, state };
    },
  },
  {
    name: "no lease: whoever comes works along",
    plant: (ports, { place }) => {
      const state: StateStore = {
        ...ports.state,
        acquire: async (sync, holder, forMs, isDead) => {
          const attempt = await ports.state.acquire(sync, holder, forMs, isDead);
          if (attempt.ok) return attempt;
          return { ok: true, lease: newestLease(place, { sync, epoch: 0, holder }), wasHeld: false };
        },
      };
      return { ...ports, state };
    },
  },
  {
    name: "the epoch is not checked",
    plant: (ports, { place }) => {
      const anyLease = Object.fromEntries(
        LEASED.map((name) => {
          const method = ports.state[name] as (lease: Lease, ...args: unknown[]) => Promise<unknown>;
          return [name, (lease: Lease, ...args: unknown[]) => method(newestLease(place, lease), ...args)];
        }),
      ) as Pick<StateStore, (typeof LEASED)[number]>;
      const epochOf = (sync: string) => disksOf(place).planner.snapshots.get(sync)?.meta.epoch ?? 0;
      const { planner } = ports;
      return {
        ...ports,
        state: { ...ports.state, ...anyLease },
        planner: {
          ...planner,
          accept: (at, rows) => planner.accept({ ...at, epoch: epochOf(at.sync) }, rows),
          markInDoubt: (at, ranges) => planner.markInDoubt({ ...at, epoch: epochOf(at.sync) }, ranges),
        },
      };
    },
  },
  {
    name: "Retry-After is forgotten with the process",
    plant: (ports) => ({ ...ports, state: { ...ports.state, budget: async () => null } }),
  },
  {
    name: "refusals are not written down",
    plant: (ports) => {
      const { state } = ports;
      const acknowledge: StateStore["acknowledge"] = (lease, acknowledgements) =>
        state.acknowledge(
          lease,
          acknowledgements.map((one) => ({ ...one, rejects: [] })),
        );
      return { ...ports, state: { ...state, acknowledge } };
    },
  },
  {
    name: "answered batches are taken for unsent",
    plant: (ports) => {
      const batches: StateStore["batches"] = async (run) =>
        (await ports.state.batches(run)).filter(({ state }) => state === "sent");
      return { ...ports, state: { ...ports.state, batches } };
    },
  },
  {
    name: "batches without an answer are taken for unsent",
    plant: (ports) => {
      const batches: StateStore["batches"] = async (run) =>
        (await ports.state.batches(run)).filter(({ state }) => state === "done");
      return { ...ports, state: { ...ports.state, batches } };
    },
  },
];
