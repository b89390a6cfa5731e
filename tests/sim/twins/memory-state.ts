/** A state store in memory that passes the contract suite: each method is one step that nobody else can see half done. */
import type { Clock } from "../../../src/contract/clock.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { RunRecord, RunState } from "../../../src/contract/run.ts";
import type { Acknowledgement, KeyMove, Lease, Reject, StateStore } from "../../../src/contract/state.ts";
import { folded, inOrder, intend } from "./batch-rows.ts";
import { groupNotes, notesInOrder, totalNotes } from "./note-rows.ts";
import { inner, type LeaseRow, type StateDisk } from "./state-disk.ts";

const FINISHED: readonly RunState[] = ["succeeded", "partial", "failed", "cancelled", "blocked"];
const REJECTS_A_PAGE = 1_000;

async function notHere(): Promise<never> {
  throw new Error("the state twin forgets nobody: leave it to the real state");
}

/** A connection to the disk. `clock` is the database's own, by which leases run out. */
export function memoryState(disk: StateDisk, clock: Clock): StateStore {
  const isLiving = (row: LeaseRow | undefined): row is LeaseRow => row !== undefined && row.until > clock.now();
  const fence = (lease: Lease): void => {
    const row = disk.leases.get(lease.sync);
    if (isLiving(row) && row.epoch === lease.epoch && row.holder === lease.holder) return;
    throw new Fault("LEASE_LOST", `sync "${lease.sync}": this process no longer holds the lease it worked under`);
  };
  return {
    ...syncMethods(disk, fence, isLiving),
    acquire: async (sync, holder, forMs, isDead) => {
      const row = disk.leases.get(sync);
      if (isLiving(row) && !isDead(row.holder)) return { ok: false, holder: row.holder, untilMs: row.until };
      const lease: Lease = { sync, epoch: (row?.epoch ?? 0) + 1, holder };
      disk.leases.set(sync, { epoch: lease.epoch, holder, until: clock.now() + forMs });
      return { ok: true, lease, wasHeld: (row?.holder ?? "") !== "" };
    },
    holder: async (sync) => {
      const row = disk.leases.get(sync);
      return isLiving(row) ? row.holder : null;
    },
    renew: async (lease, forMs) => {
      fence(lease);
      disk.leases.set(lease.sync, { epoch: lease.epoch, holder: lease.holder, until: clock.now() + forMs });
    },
    release: async (lease) => {
      fence(lease);
      disk.leases.set(lease.sync, { epoch: lease.epoch, holder: "", until: 0 });
    },
    ...runMethods(disk, fence, clock),
    ...batchMethods(disk, fence),
    ...rejectMethods(disk, fence),
    ...holdMethods(disk, fence),
    deaths: async (sync) => disk.deaths.get(sync) ?? null,
    putDeaths: async (lease, deaths) => {
      fence(lease);
      if (deaths === null) disk.deaths.delete(lease.sync);
      else disk.deaths.set(lease.sync, deaths);
    },
    leases: async (syncs) =>
      [...disk.leases]
        .filter(([sync]) => syncs?.includes(sync) ?? true)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([sync, { epoch, holder }]) => ({ sync, epoch, holder: holder === "" ? null : holder })),
    // Nobody is forgotten in the simulation.
    forgotten: async () => [],
    putForgotten: notHere,
    forgetRows: notHere,
    countRows: notHere,
    compact: notHere,
    restoration: async (sync) => disk.restorations.get(sync) ?? null,
    putRestorations: async (restorations) => {
      for (const one of restorations) disk.restorations.set(one.sync, one);
    },
    dropRestoration: async (lease) => {
      fence(lease);
      disk.restorations.delete(lease.sync);
    },
    inspect: async () => [],
    copyTo: async () => {
      throw new Error("the state twin copies no files: leave it to the real database");
    },
    ...accountMethods(disk, clock),
    close: async () => undefined,
  };
}

type Fence = (lease: Lease) => void;

function syncMethods(
  disk: StateDisk,
  fence: Fence,
  isLiving: (row: LeaseRow | undefined) => row is LeaseRow,
): Pick<StateStore, "syncs" | "putSync" | "renameSync" | "forgetSync"> {
  const moveLease = (from: string, to: string): void => {
    const rows = [disk.leases.get(from), disk.leases.get(to)].filter((row) => row !== undefined);
    const living = rows.filter(isLiving);
    if (new Set(living.map((row) => row.holder)).size > 1)
      throw new Fault("SYNC_BUSY", `sync "${from}" cannot become "${to}": both are at work`);
    if (rows.length === 0) return;
    const epoch = Math.max(...rows.map((row) => row.epoch));
    const until = Math.max(...rows.map((row) => row.until));
    disk.leases.set(to, { epoch, until, holder: living[0]?.holder ?? "" });
    const former = disk.leases.get(from);
    if (former !== undefined) disk.leases.set(from, { epoch: former.epoch, holder: "", until: 0 });
  };
  return {
    syncs: async (names) =>
      [...disk.syncs.values()]
        .filter(({ name }) => names?.includes(name) ?? true)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    putSync: async (lease, sync) => {
      fence(lease);
      disk.syncs.set(sync.name, sync);
    },
    renameSync: async (from, to) => {
      if (disk.syncs.has(from) && disk.syncs.has(to))
        throw new Fault("SYNC_RENAMED", `sync "${from}" cannot become "${to}": the state knows both`);
      moveLease(from, to);
      const known = disk.syncs.get(from);
      if (known !== undefined) disk.syncs.set(to, { ...known, name: to });
      disk.syncs.delete(from);
      for (const [id, run] of disk.runs) if (run.sync === from) disk.runs.set(id, { ...run, sync: to });
      for (const [id, hold] of disk.holds) if (hold.sync === from) disk.holds.set(id, { ...hold, sync: to });
      const rejects = disk.rejects.get(from);
      if (rejects !== undefined) disk.rejects.set(to, new Map([...inner(disk.rejects, to), ...rejects]));
      disk.rejects.delete(from);
      const deaths = disk.deaths.get(from);
      if (deaths !== undefined) disk.deaths.set(to, deaths);
      disk.deaths.delete(from);
      const restoration = disk.restorations.get(from);
      if (restoration !== undefined) disk.restorations.set(to, { ...restoration, sync: to });
      disk.restorations.delete(from);
      disk.audit.forEach((entry, index) => {
        if (entry.sync === from) disk.audit[index] = { ...entry, sync: to };
      });
    },
    forgetSync: async (lease) => {
      fence(lease);
      disk.rejects.delete(lease.sync);
      disk.deaths.delete(lease.sync);
      disk.restorations.delete(lease.sync);
      for (const [id, hold] of disk.holds) if (hold.sync === lease.sync) disk.holds.delete(id);
      disk.syncs.delete(lease.sync);
    },
  };
}

function runMethods(
  disk: StateDisk,
  fence: Fence,
  clock: Clock,
): Pick<StateStore, "createRun" | "patchRun" | "run" | "runs" | "prune"> {
  const newestFirst = () => [...disk.runs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  return {
    createRun: async (lease, run) => {
      fence(lease);
      const queued = disk.runs.get(run.id);
      if (queued !== undefined && queued.state !== "queued")
        throw new Fault("CANCELLED", `run ${run.id} was cancelled before it began`);
      disk.runs.set(run.id, { ...run, sync: lease.sync });
    },
    patchRun: async (lease, id, patch) => {
      fence(lease);
      if (Object.keys(patch).length === 0) return;
      const run = disk.runs.get(id);
      if (run?.sync !== lease.sync) throw new Fault("UNKNOWN_RUN", `sync "${lease.sync}" has no run ${id}`);
      const known = Object.entries(patch).filter(([, value]) => value !== undefined);
      disk.runs.set(id, { ...run, ...(Object.fromEntries(known) as Partial<RunRecord>) });
    },
    run: async (id) => disk.runs.get(id) ?? null,
    runs: async ({ sync, syncs, states, before, withPlans, limit }) =>
      newestFirst()
        .filter((run) => (sync === undefined || run.sync === sync) && (syncs?.includes(run.sync) ?? true))
        .filter((run) => (states?.includes(run.state) ?? true) && (before === undefined || run.id < before))
        .filter((run) => withPlans === true || run.action !== "plan")
        .slice(0, limit),
    prune: async (keep, beforeMs, sync) => {
      const needed = [...disk.holds.values()].filter(({ until }) => until === null || until > clock.now());
      const held = new Set(needed.map((hold) => hold.run));
      const seen = new Map<string, number>();
      const gone = newestFirst().filter((run) => {
        if (!FINISHED.includes(run.state) || (sync !== undefined && run.sync !== sync)) return false;
        const kind = `${run.sync} ${run.action}`;
        const place = (seen.get(kind) ?? 0) + 1;
        seen.set(kind, place);
        return place > keep && run.endedAt !== null && run.endedAt < beforeMs && !held.has(run.id);
      });
      for (const { id } of gone) {
        for (const [hold, { run }] of disk.holds) if (run === id) disk.holds.delete(hold);
        disk.runs.delete(id);
        disk.batches.delete(id);
        disk.notes.delete(id);
      }
      return gone.map((run) => run.id).sort();
    },
  };
}

function batchMethods(
  disk: StateDisk,
  fence: Fence,
): Pick<StateStore, "recordIntents" | "withdrawIntents" | "acknowledge" | "batches" | "foldAccepted"> {
  /** Checked before anything is changed: several acknowledgements or none of them. */
  const check = ({ run, fromSeq, toSeq, acks }: Acknowledgement): void => {
    if (acks.length !== toSeq - fromSeq + 1)
      throw new Fault("INTERNAL", `run ${run}: ${acks.length} acknowledgements for rows ${fromSeq} to ${toSeq}`);
    if (disk.batches.get(run)?.get(fromSeq)?.toSeq !== toSeq)
      throw new Fault("INTERNAL", `run ${run}: rows ${fromSeq} to ${toSeq} were sent without a recorded intent`);
  };
  return {
    recordIntents: async (lease, batches) => {
      fence(lease);
      for (const batch of batches) intend(inner(disk.batches, batch.run), batch);
    },
    withdrawIntents: async (lease, batches) => {
      fence(lease);
      for (const { run, fromSeq, toSeq } of batches) {
        const batch = disk.batches.get(run)?.get(fromSeq);
        if (batch?.toSeq === toSeq && batch.state === "sent") disk.batches.get(run)?.delete(fromSeq);
      }
    },
    acknowledge: async (lease, acknowledgements) => {
      fence(lease);
      acknowledgements.forEach(check);
      const rejects = inner(disk.rejects, lease.sync);
      for (const { run, fromSeq, acks, notes } of acknowledgements) {
        const batches = inner(disk.batches, run);
        const batch = batches.get(fromSeq);
        if (batch !== undefined) batches.set(fromSeq, { ...batch, state: "done", acks });
        for (const note of notes) inner(disk.notes, run).set(note.seq, note);
      }
      for (const { cured } of acknowledgements) for (const key of cured) rejects.delete(key);
      for (const { rejects: fresh } of acknowledgements) for (const reject of fresh) rejects.set(reject.key, reject);
      for (const { aliases } of acknowledgements)
        for (const alias of aliases)
          disk.aliases.set(JSON.stringify([alias.account, alias.object, alias.oldId]), alias);
    },
    batches: async (run) => inOrder(disk.batches.get(run)),
    foldAccepted: async (lease, run, batches) => {
      fence(lease);
      disk.batches.set(run, folded(inner(disk.batches, run), run, batches));
    },
  };
}

function rejectMethods(
  disk: StateDisk,
  fence: Fence,
): Pick<StateStore, "rejects" | "reject" | "dropRejects" | "moveRejects" | "notes" | "noteTotals" | "noteGroups"> {
  const moved = (rejects: ReadonlyMap<string, Reject>, moves: readonly KeyMove[]): [string, Reject][] =>
    moves.flatMap(({ from, to }): [string, Reject][] => {
      const reject = rejects.get(from);
      return reject === undefined ? [] : [[to, { ...reject, key: to }]];
    });
  return {
    async *rejects(sync) {
      const all = [...inner(disk.rejects, sync).values()].sort((a, b) => (a.key < b.key ? -1 : 1));
      for (let from = 0; from < all.length; from += REJECTS_A_PAGE) yield all.slice(from, from + REJECTS_A_PAGE);
    },
    reject: async (sync, key) => disk.rejects.get(sync)?.get(key) ?? null,
    dropRejects: async (lease, keys) => {
      fence(lease);
      for (const key of keys) disk.rejects.get(lease.sync)?.delete(key);
    },
    moveRejects: async (lease, moves, { name, value }) => {
      fence(lease);
      disk.rejects.set(lease.sync, new Map(moved(inner(disk.rejects, lease.sync), moves)));
      for (const [id, hold] of disk.holds) if (hold.sync === lease.sync) disk.holds.delete(id);
      disk.settings.set(name, value);
    },
    notes: async (run, { state, code, field, seq, limit, skip = 0 }) =>
      notesInOrder(disk.notes.get(run))
        .filter((note) => state === undefined || note.state === state)
        .filter((note) => code === undefined || note.code === code)
        .filter((note) => field === undefined || note.field === field)
        .filter((note) => seq === undefined || note.seq === seq)
        .slice(skip, skip + limit),
    noteTotals: async (run) => totalNotes(disk.notes.get(run)),
    noteGroups: async (run) => groupNotes(disk.notes.get(run)),
  };
}

function holdMethods(
  disk: StateDisk,
  fence: Fence,
): Pick<StateStore, "hold" | "holds" | "approve" | "dropWaitingHolds"> {
  return {
    hold: async (lease, hold) => {
      fence(lease);
      disk.holds.set(hold.id, { ...hold, sync: lease.sync });
    },
    holds: async (sync, nowMs) =>
      [...disk.holds.values()]
        .filter((hold) => hold.sync === sync && (hold.until === null || hold.until > nowMs))
        .sort((a, b) => b.heldAt - a.heldAt || (a.id < b.id ? 1 : -1)),
    approve: async (id, who, nowMs, untilMs) => {
      const hold = disk.holds.get(id);
      if (hold === undefined) throw new Fault("UNKNOWN_RUN", `no held plan "${id}"`);
      disk.holds.set(id, { ...hold, approvedAt: nowMs, approvedBy: who, until: untilMs });
    },
    dropWaitingHolds: async (lease) => {
      fence(lease);
      for (const [id, hold] of disk.holds)
        if (hold.sync === lease.sync && hold.approvedAt === null) disk.holds.delete(id);
    },
  };
}

function accountMethods(
  disk: StateDisk,
  clock: Clock,
): Pick<StateStore, "budget" | "putBudget" | "shareBudget" | "aliases" | "audit" | "setting" | "putSetting"> {
  return {
    budget: async (account) => disk.budgets.get(account) ?? null,
    putBudget: async (record) => {
      const blockedUntil = Math.max(record.blockedUntil, disk.budgets.get(record.account)?.blockedUntil ?? 0);
      disk.budgets.set(record.account, { ...record, blockedUntil });
    },
    shareBudget: async (account, caller, forMs) => {
      const callers = inner(disk.shares, account);
      for (const [name, until] of callers) if (until <= clock.now() || name === caller) callers.delete(name);
      if (forMs > 0) callers.set(caller, clock.now() + forMs);
      return callers.size;
    },
    aliases: async (account, object) => {
      const of = [...disk.aliases.values()].filter((alias) => alias.account === account && alias.object === object);
      return new Map(of.map((alias) => [alias.oldId, alias.newId]));
    },
    audit: async (entry) => void disk.audit.push(entry),
    setting: async (name) => disk.settings.get(name) ?? null,
    putSetting: async (name, value) => void disk.settings.set(name, value),
  };
}
