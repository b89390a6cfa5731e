import type {
  Abilities,
  Destination,
  FindRequest,
  Found,
  Outcome,
  Reply,
  Write,
  WriteBatch,
} from "../../../src/contract/destination.ts";
import { NO_HINTS } from "../../../src/contract/fault.ts";

export type Script = {
  /** Answers instead of the records; undefined leaves a write to them. */
  write?: (write: Write, batch: WriteBatch, call: number) => Outcome | undefined | Promise<Outcome | undefined>;
  /** Says something of the whole reply. */
  reply?: (reply: Reply, batch: WriteBatch, call: number) => Reply | Promise<Reply>;
  /** Runs before a find is answered; throws to fail it. */
  find?: (values: readonly string[]) => void;
};

export const ABILITIES: Abilities = {
  operations: ["upsert", "create", "update", "archive", "delete"],
  batchSize: 100,
  findSize: 100,
  searchSize: () => 100,
  findBytes: 100_000,
  upsertIsAtomic: true,
  concurrency: 4,
  firstWindow: { max: 1000, intervalMs: 1000 },
  searchWindow: null,
};

function matchOf(by: Exclude<FindRequest["by"], "recordId">, value: string): Record<string, string> {
  if ("unique" in by) return { [by.unique]: value };
  const values = by.fields.length === 1 ? [value] : (JSON.parse(value) as string[]);
  return Object.fromEntries(by.fields.map((field, place) => [field, values[place] ?? ""]));
}

/** A destination in memory that keeps records by id, unique by every match field, and answers as it is told. */
export function scriptedDestination(script: Script = {}, abilities: Partial<Abilities> = {}) {
  const records = new Map<string, Record<string, string | null>>();
  const batches: WriteBatch[] = [];
  let nextId = 1;
  const idsOf = (match: Readonly<Record<string, string>>): string[] =>
    [...records]
      .filter(([, fields]) => Object.entries(match).every(([field, value]) => fields[field] === value))
      .map(([id]) => id);
  const carryOut = (write: Write, operation: WriteBatch["operation"]): Outcome => {
    const present = "id" in write.by ? write.by.id : idsOf(write.by.match)[0];
    if ("id" in write.by && !records.has(write.by.id)) return { kind: "missing", message: `no record ${write.by.id}` };
    if (present !== undefined && operation === "create")
      return { kind: "exists", remoteId: present, message: "is there" };
    const remoteId = present ?? `${nextId++}`;
    if (operation === "archive" || operation === "delete") records.delete(remoteId);
    else {
      const match = "match" in write.by ? write.by.match : {};
      records.set(remoteId, { ...records.get(remoteId), ...match, ...write.fields });
    }
    return { kind: "applied", remoteId, created: present === undefined, altered: [] };
  };
  const destination: Destination = {
    abilities: { ...ABILITIES, ...abilities },
    check: async () => ({ value: { id: "1", label: "scripted" }, calls: 1, hints: NO_HINTS }),
    describe: async (object) => ({ value: { object, children: [], fields: new Map() }, calls: 1, hints: NO_HINTS }),
    find: async ({ by, values }) => {
      const { findSize, searchSize } = destination.abilities;
      const most = by !== "recordId" && "fields" in by ? searchSize(by.fields.length) : findSize;
      if (values.length > most) throw new Error("more values than one call takes");
      script.find?.(values);
      const found = new Map<string, Found[]>();
      for (const value of values) {
        const ids = by === "recordId" ? (records.has(value) ? [value] : []) : idsOf(matchOf(by, value));
        if (ids.length > 0)
          found.set(
            value,
            ids.map((remoteId) => ({ remoteId, fields: {} })),
          );
      }
      return { found, calls: 1, bytesOut: 1, hints: NO_HINTS };
    },
    write: async (batch, signal) => {
      signal.throwIfAborted();
      const call = batches.push(batch) - 1;
      if (batch.writes.length > destination.abilities.batchSize) throw new Error("more writes than one call takes");
      const outcomes: Outcome[] = [];
      for (const write of batch.writes)
        outcomes.push((await script.write?.(write, batch, call)) ?? carryOut(write, batch.operation));
      const reply = { outcomes, refusedWhole: false, calls: 1, bytesOut: 10, hints: NO_HINTS };
      return (await script.reply?.(reply, batch, call)) ?? reply;
    },
    erasure: null,
    close: async () => undefined,
  };
  return {
    destination,
    records,
    batches,
    /** What really happens to a write, for scripts that let it land and say otherwise. */
    carryOut,
    seed: (fields: Record<string, string | null>): string => {
      const id = `${nextId++}`;
      records.set(id, fields);
      return id;
    },
  };
}
