/** Watches a seed while it runs: what must never happen, at the moment at which it would. */
import type { Outcome, WriteBatch } from "../../../src/contract/destination.ts";
import type { Lease } from "../../../src/contract/state.ts";
import type { Place } from "../story/place.ts";
import type { ModelName, SyncKind } from "../story/project.ts";
import type { Table } from "../story/tables.ts";
import type { Wire } from "../vendor/connector.ts";
import type { VendorRecord } from "../vendor/records.ts";
import type { Vendor } from "../vendor/vendor.ts";
import type { Life, Say } from "../world/life.ts";
import type { World } from "../world/world.ts";

export interface Watch extends Wire {
  readonly violations: string[];
  /** Writes that left any process. */
  readonly writes: number;
  /** A process starts: what an earlier one left it of waits is binding. */
  starts(life: Life, isSkewed: boolean): Promise<void>;
  /** What a command's model gave. */
  given(model: ModelName, table: Table): void;
  took(life: Life, lease: Lease): void;
  /** People had a hand in whatever has this `ext`: it may be missing or doubled. */
  excuse(ext: string | null): void;
  isExcused(ext: string | null): boolean;
  /** People change the value by which a record is found: who made it and has had no answer yet cannot find it any more. */
  excuseUnlinked(record: VendorRecord): Promise<void>;
  /** Something that must never happen did. */
  blame(what: string): void;
}

export function newWatch(world: World, vendor: Vendor, place: Place, kinds: readonly SyncKind[], say: Say): Watch {
  const violations: string[] = [];
  const gates = new Map<string, number>();
  const excused = new Set<string>();
  const introduced = new Set<string>();
  /** Connections whose account some process has learned: the next one knows it from the start. */
  const known = new Set<string>();
  /** Until a connection has said whose account it is, nobody can know what others of the account were told. */
  const gateOf = (life: Life, connection: string): string =>
    introduced.has(`${life.name} ${connection}`) ? life.name : `${life.name} ${connection}`;
  const callers: { atMs: number; name: string; isCheck: boolean }[] = [];
  /** Keys that no table of a model ever lacked. */
  const alwaysThere = new Map<ModelName, ReadonlySet<string>>();
  const epochs = new Map<string, number>();
  let writes = 0;
  const blame = (what: string): void => {
    if (violations.length < 20) violations.push(`at ${world.nowMs} ms: ${what}`);
    say("CHECK", what);
  };
  const called = (life: Life, isCheck: boolean): void => {
    callers.push({ atMs: world.nowMs, name: life.name, isCheck });
    if (callers.length > 500) callers.splice(0, 250);
  };
  const isAlone = (life: Life): boolean =>
    callers.every(({ atMs, name }) => name === life.name || atMs + vendor.traits.limit.intervalMs < world.nowMs);
  /** A record is not removed while another sync's row has it. */
  const checkShared = async ({ object, writes }: WriteBatch, from: readonly SyncKind[]): Promise<void> => {
    const ids = writes.flatMap(({ by }) => ("id" in by ? [by.id] : []));
    for (const { sync, key, remoteId } of await place.planner.owners(place.account, object, ids)) {
      const other = kinds.find(({ name }) => name === sync);
      if (other === undefined || from.some((kind) => kind.onRemoved.kind !== "none" && kind.name === sync)) continue;
      const isLiving = alwaysThere.get(other.model)?.has(key) === true;
      if (isLiving) blame(`record ${remoteId} is removed, and row ${key} of ${sync} has it`);
    }
  };
  vendor.onMade = (record: VendorRecord) => {
    const ext = record.fields.get("ext") ?? null;
    if (record.madeBy === "people") return;
    if (ext === null) blame(`record ${record.id} was made without its key`);
    if (ext === null || excused.has(ext)) return;
    const twins = vendor.records.having(record.object, "ext", ext).filter((other) => other !== record);
    if (twins.length > 0) blame(`a second record ${record.id} was made for ${ext}, which has ${twins[0]?.id}`);
  };
  return {
    violations,
    get writes() {
      return writes;
    },
    blame,
    excuse: (ext) => {
      if (ext !== null) excused.add(ext);
    },
    isExcused: (ext) => ext === null || excused.has(ext),
    excuseUnlinked: async (record) => {
      const owners = await place.planner.owners(place.account, record.object, [record.id]);
      const makers = kinds.filter(({ object, write }) => object === record.object && write !== "update");
      const isLinked = makers.every(({ name }) => owners.some(({ sync }) => sync === name));
      const ext = record.fields.get("ext") ?? null;
      if (!isLinked && ext !== null) excused.add(ext);
    },
    took: (life, { sync, epoch }) => void epochs.set(`${life.name} ${sync}`, epoch),
    given: (model, table) => {
      const keys = table.flatMap(({ id }) => id ?? []);
      const before = alwaysThere.get(model);
      alwaysThere.set(model, new Set(before === undefined ? keys : keys.filter((key) => before.has(key))));
    },
    introduced: (life, connection) => {
      introduced.add(`${life.name} ${connection}`);
      known.add(connection);
    },
    starts: async (life, isSkewed) => {
      const kept = await place.state.budget(place.account);
      if (kept === null || isSkewed) return;
      const untilMs = kept.blockedUntil - life.clock.now() + world.nowMs;
      for (const caller of [life.name, ...[...known].map((name) => `${life.name} ${name}`)]) gates.set(caller, untilMs);
    },
    left: async (life, connection, what) => {
      const gate = gates.get(gateOf(life, connection)) ?? 0;
      if (world.nowMs < gate)
        blame(`${life.name} calls ${gate - world.nowMs} ms before the time it was told to wait for`);
      called(life, what === "check");
      if (typeof what === "string") return;
      writes++;
      const { object } = what;
      const mayWrite = kinds.filter((kind) => kind.connection === connection && kind.object === object);
      const newest = new Map((await place.state.leases()).map(({ sync, epoch }) => [sync, epoch]));
      if (!mayWrite.some(({ name }) => newest.get(name) === epochs.get(`${life.name} ${name}`)))
        blame(`${life.name} writes into ${object}, and another took over`);
      if (what.operation === "archive" || what.operation === "delete") await checkShared(what, mayWrite);
    },
    arrived: (life) => called(life, false),
    refusedForRate: (life, connection, retryAfterMs) => {
      life.toldToWait();
      const gate = gateOf(life, connection);
      if (retryAfterMs !== null) gates.set(gate, Math.max(gates.get(gate) ?? 0, world.nowMs + retryAfterMs));
    },
    overLimit: (life) => {
      // Each further connection of an account introduces itself with a call that the account's budget does not see.
      const isOne = new Set(kinds.map((kind) => kind.connection)).size === 1;
      // So does each repetition of that call, where the first was not answered.
      const introductions = callers.filter(
        (call) => call.isCheck && call.atMs + vendor.traits.limit.intervalMs >= world.nowMs,
      );
      if (isOne && introductions.length < 2 && isAlone(life))
        blame(`${life.name} made more calls than the vendor allows`);
    },
    wrote: (life, connection, batch, outcomes) => {
      say(
        life.name,
        `${connection} ${batch.object} ${batch.operation} ${batch.writes.map((write, index) => shown(write, outcomes[index])).join(", ")}`,
      );
      if (batch.operation !== "archive" && batch.operation !== "delete") return;
      const takesAll = kinds.some(
        ({ object, onRemovedAdopted }) => object === batch.object && onRemovedAdopted.kind !== "none",
      );
      for (const [index, write] of batch.writes.entries()) {
        const outcome = outcomes[index];
        const removed = outcome?.kind === "applied" ? vendor.records.all.get(outcome.remoteId) : undefined;
        if (removed?.madeBy === "people" && !takesAll) blame(`record ${removed.id}, which people made, was removed`);
        const ext = "id" in write.by ? (vendor.records.all.get(write.by.id)?.fields.get("ext") ?? null) : null;
        if (outcomes[index]?.kind !== "applied" || ext === null || excused.has(ext)) continue;
        if (alwaysThere.get("people")?.has(ext) === true)
          blame(`the record of ${ext} was removed, and its row never left the model`);
      }
    },
  };
}

function shown(write: WriteBatch["writes"][number], outcome: Outcome | undefined): string {
  const by = "id" in write.by ? write.by.id : JSON.stringify(write.by.match);
  const fields = Object.entries(write.fields).map(([field, value]) => `${field}=${value}`);
  const id = outcome !== undefined && "remoteId" in outcome ? ` ${outcome.remoteId}` : "";
  return `${by} {${fields.join(" ")}} → ${outcome?.kind}${id}`;
}
