/** A planner in memory: plain TypeScript over maps, the same cases as the real one (tests/contract/planner/memory.test.ts). */
import type { Clock } from "../../../src/contract/clock.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { PlanCount, Planner, SnapshotEntry } from "../../../src/contract/planner.ts";
import { acceptRows, markInDoubt } from "./accepted-rows.ts";
import { type Evaluate, memorySession } from "./memory-session.ts";
import { type Entry, fenced, type PlannerDisk, planOf } from "./planner-disk.ts";

async function notHere(): Promise<never> {
  throw new Error("the planner twin forgets nobody: leave it to the real planner");
}

/** A planner on the disk. Every method is one step that nobody sees half done; only models take their time. */
export function memoryPlanner(disk: PlannerDisk, evaluate: Evaluate, clock: Clock): Planner {
  return {
    metas: async () => [...disk.snapshots.values()].map(({ meta }) => meta).sort((a, b) => (a.sync < b.sync ? -1 : 1)),
    plan: async (request) => memorySession(disk, request, evaluate),
    readPlan: async (path, fromSeq, toSeq) => planOf(disk, path).rows.slice(fromSeq, toSeq),
    hasPlan: async (path) => disk.plans.has(path),
    planSha: async (path) => disk.plans.get(path)?.sha ?? null,
    dropPlan: async (path) => void disk.plans.delete(path),
    countPlan: async (path, ranges) => {
      const isIn = (seq: number) => ranges.some(({ fromSeq, toSeq }) => fromSeq <= seq && seq <= toSeq);
      const counts = new Map<string, PlanCount>();
      for (const { seq, operation, settled } of planOf(disk, path).rows) {
        if (!isIn(seq)) continue;
        const rows = (counts.get(`${operation} ${settled}`)?.rows ?? 0) + 1;
        counts.set(`${operation} ${settled}`, { operation, settled, rows });
      }
      return [...counts.values()];
    },
    aims: async (path, remoteIds) => {
      const going = planOf(disk, path).rows.filter(({ change, settled }) => change !== "removed" && settled === null);
      const aims = new Set(going.flatMap(({ remoteId }) => remoteId ?? []));
      return remoteIds.filter((id) => aims.has(id));
    },
    leaving: async (path, remoteIds) => {
      const { rows } = planOf(disk, path);
      const goesOn = new Set(
        rows.flatMap(({ change, settled, remoteId }) => (change !== "removed" && settled === null ? [remoteId] : [])),
      );
      const left = rows.flatMap(({ change, remoteId, key }): [string, string][] =>
        change === "removed" && remoteId !== null && !goesOn.has(remoteId) ? [[remoteId, key]] : [],
      );
      return new Map(left.filter(([id]) => remoteIds.includes(id)));
    },
    accept: async (at, rows) => acceptRows(disk, at, rows),
    markInDoubt: async (at, ranges) => markInDoubt(disk, at, ranges, clock.now()),
    owners: async (account, object, remoteIds) =>
      [...disk.snapshots.values()]
        .filter(({ meta }) => meta.account === account && meta.object === object)
        .sort((a, b) => (a.meta.sync < b.meta.sync ? -1 : 1))
        .flatMap(({ meta, entries }) =>
          [...entries.values()].flatMap(({ remoteId, key, absentSince }) =>
            remoteId !== null && absentSince === null && remoteIds.includes(remoteId)
              ? [{ remoteId, sync: meta.sync, key }]
              : [],
          ),
        ),
    rename: async (from, to) => rename(disk, from, to),
    tally: async (sync) => tally(disk, sync),
    forget: async (sync, epoch) => {
      if (!disk.snapshots.has(sync)) return;
      fenced(disk, sync, epoch);
      disk.snapshots.delete(sync);
    },
    claim: async (sync, epoch) => {
      const snapshot = disk.snapshots.get(sync);
      if (snapshot === undefined) return;
      fenced(disk, sync, epoch);
      snapshot.meta = { ...snapshot.meta, epoch };
    },
    tallyRun: async (at) => tallyRun(disk, at),
    rekey: async () => {
      throw new Error("the planner twin changes no keys: leave it to the real planner");
    },
    remoteIds: async (sync, after, limit) => {
      const entries = [...(disk.snapshots.get(sync)?.entries.values() ?? [])];
      const ids = new Set(entries.flatMap(({ remoteId }) => remoteId ?? []));
      return [...ids]
        .filter((id) => after === null || id > after)
        .sort()
        .slice(0, limit);
    },
    relink: async ({ sync, epoch }, moves) => relink(disk, sync, epoch, moves),
    inspect: async (sync) => inspect(disk, sync),
    findPerson: notHere,
    findInPlan: notHere,
    forgetRows: notHere,
    blankPlan: notHere,
    rewriteAndClose: notHere,
    copyTo: async () => {
      throw new Error("the planner twin copies no files: leave it to the real planner");
    },
    entry: async (sync, key) => {
      const entry = disk.snapshots.get(sync)?.entries.get(key);
      return entry === undefined ? null : shown(entry);
    },
    close: async () => undefined,
  };
}

function relink(disk: PlannerDisk, sync: string, epoch: number, moves: ReadonlyMap<string, string>): number {
  if (moves.size === 0 || !disk.snapshots.has(sync)) return 0;
  const { entries } = fenced(disk, sync, epoch);
  let rows = 0;
  for (const [key, entry] of entries) {
    const remoteId = moves.get(entry.remoteId ?? "");
    if (remoteId === undefined) continue;
    entries.set(key, { ...entry, remoteId, origin: "unknown" });
    rows++;
  }
  return rows;
}

function inspect(disk: PlannerDisk, sync: string): Awaited<ReturnType<Planner["inspect"]>> {
  const entries = [...(disk.snapshots.get(sync)?.entries.values() ?? [])];
  const holders = new Map<string, number>();
  for (const { remoteId, absentSince } of entries)
    if (remoteId !== null && absentSince === null) holders.set(remoteId, (holders.get(remoteId) ?? 0) + 1);
  const linked = entries.filter(({ remoteId }) => remoteId !== null).length;
  return { rows: entries.length, linked, shared: [...holders.values()].filter((count) => count > 1).length };
}

function shown(entry: Entry): SnapshotEntry {
  const { key, remoteId, origin, payload, mark, doubt, absentSince, acceptedAt, acceptedRun } = entry;
  return {
    ...{ key, remoteId, origin, payload, mark, acceptedRun },
    isInDoubt: doubt !== null,
    absentSince: absentSince === null ? null : new Date(absentSince).toISOString(),
    acceptedAt: new Date(acceptedAt).toISOString(),
  };
}

function tallyRun(
  disk: PlannerDisk,
  { sync, run, plan }: { sync: string; run: string; plan: string },
): { created: number; adopted: number } {
  const entries = disk.snapshots.get(sync)?.entries;
  const given = planOf(disk, plan).rows.flatMap(({ key, settled, change, adopted, remoteId }) => {
    const entry = entries?.get(key);
    const isGiven = settled === null && change !== "removed" && (adopted || remoteId === null);
    return isGiven && entry?.acceptedRun === run && entry.remoteId !== null ? [entry] : [];
  });
  const created = given.filter(({ origin }) => origin === "created").length;
  return { created, adopted: given.length - created };
}

function rename(disk: PlannerDisk, from: string, to: string): void {
  if (disk.snapshots.has(to)) throw new Fault("STATE_MISMATCH", `the planner already has a snapshot of "${to}"`);
  const snapshot = disk.snapshots.get(from);
  if (snapshot === undefined) return;
  disk.snapshots.delete(from);
  disk.snapshots.set(to, { ...snapshot, meta: { ...snapshot.meta, sync: to } });
}

function tally(disk: PlannerDisk, sync: string): Awaited<ReturnType<Planner["tally"]>> {
  const snapshot = disk.snapshots.get(sync);
  if (snapshot === undefined) return null;
  const entries = [...snapshot.entries.values()];
  const of = (test: (entry: Entry) => boolean) => entries.filter(test).length;
  const with_ = (origin: Entry["origin"]) => of((entry) => entry.remoteId !== null && entry.origin === origin);
  return {
    rows: entries.length,
    created: with_("created"),
    adopted: with_("adopted"),
    unknown: with_("unknown"),
    withoutRecord: of(({ remoteId }) => remoteId === null),
    absent: of(({ absentSince }) => absentSince !== null),
  };
}
