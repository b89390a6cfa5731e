/** The records of a simulated vendor, and what a write does to them. No faults here: only the vendor's own rules. */
import type { CallOperation, Found, Outcome, Write, WriteBatch } from "../../../src/contract/destination.ts";
import type { FieldValues } from "../../../src/contract/value.ts";
import type { Traits } from "./traits.ts";

export type Writer = "people" | "us";

export type VendorRecord = {
  readonly id: string;
  readonly object: string;
  readonly madeBy: Writer;
  readonly bornMs: number;
  readonly fields: Map<string, string | null>;
  /** Every `ext` it ever had: those of the rows that it was, or is, the record of. */
  readonly keys: Set<string>;
  /** Who wrote each field last. */
  readonly writers: Map<string, Writer>;
  isAlive: boolean;
  mergedInto: string | null;
};

export interface Records {
  readonly all: ReadonlyMap<string, VendorRecord>;
  living(object: string): VendorRecord[];
  /** Living records of the object whose field has the value, as the vendor compares. */
  having(object: string, field: string, value: string): VendorRecord[];
  /** The living record that answers for an id: itself, or the survivor of a merge. */
  answering(id: string): VendorRecord | null;
  make(object: string, fields: FieldValues, madeBy: Writer): VendorRecord;
  put(record: VendorRecord, fields: FieldValues, writer: Writer): void;
  /** Carries out one call; outcomes in the order of its writes. */
  carryOut(batch: WriteBatch): { outcomes: Outcome[]; refusedWhole: boolean };
  found(record: VendorRecord, fields: readonly string[]): Found;
}

export const POISON = "poison";
const UPSERT_LAG_MS = 90_000;

/** `now` in ms; `onMade` is told of every new record. */
export function newRecords(traits: Traits, now: () => number, onMade: (record: VendorRecord) => void): Records {
  const all = new Map<string, VendorRecord>();
  let nextId = 101;
  const living = (object: string) => [...all.values()].filter((one) => one.isAlive && one.object === object);
  const having = (object: string, field: string, value: string) =>
    living(object).filter((one) => comparable(field, one.fields.get(field) ?? null) === comparable(field, value));
  const answering = (id: string): VendorRecord | null => {
    let record = all.get(id);
    while (record?.mergedInto != null && traits.mergedAnswers) record = all.get(record.mergedInto);
    return record?.isAlive === true ? record : null;
  };
  const keptOf = (field: string, value: string | null) =>
    field === "city" && traits.altersCity && value !== null ? value.toLowerCase() : value;
  const put: Records["put"] = (record, fields, writer) => {
    for (const [field, value] of Object.entries(fields)) {
      record.fields.set(field, keptOf(field, value));
      record.writers.set(field, writer);
      if (field === "ext" && value !== null) record.keys.add(value);
    }
  };
  const make: Records["make"] = (object, fields, madeBy) => {
    const id = String(nextId++);
    const record: VendorRecord = {
      ...{ id, object, madeBy, bornMs: now(), isAlive: true, mergedInto: null },
      fields: new Map(),
      keys: new Set(),
      writers: new Map(),
    };
    all.set(id, record);
    put(record, fields, madeBy);
    onMade(record);
    return record;
  };
  const uniqueFields = [traits.extIsUnique ? ["ext"] : [], traits.emailIsUnique ? ["email"] : []].flat();
  /** Another living record that has one of the unique values. */
  const rival = (object: string, fields: FieldValues, self: string | null): VendorRecord | null => {
    for (const field of uniqueFields) {
      const value = fields[field] ?? null;
      const other = value === null ? undefined : having(object, field, value).find(({ id }) => id !== self);
      if (other !== undefined) return other;
    }
    return null;
  };
  const applied = (record: VendorRecord, sent: FieldValues, created: boolean | null): Outcome => {
    const altered = Object.entries(sent).flatMap(([field, value]) => {
      const kept = record.fields.get(field) ?? null;
      return kept === value ? [] : [{ field, sent: value, kept }];
    });
    return { kind: "applied", remoteId: record.id, created: traits.saysCreated ? created : null, altered };
  };
  const create = (object: string, write: Write): Outcome => {
    const fields = { ...("match" in write.by ? write.by.match : {}), ...write.fields };
    const other = rival(object, fields, null);
    if (other !== null) return { kind: "exists", remoteId: other.id, message: `already exists, id ${other.id}` };
    return applied(make(object, fields, "us"), write.fields, true);
  };
  const upsert = (object: string, write: Write): Outcome => {
    if ("id" in write.by) return update(object, write);
    const [[field, value] = ["", ""]] = Object.entries(write.by.match);
    // Where a key is not unique, an upsert does not see what was made a moment ago: sent twice, it makes two.
    const isSeen = ({ bornMs }: VendorRecord) =>
      traits.extIsUnique || field !== "ext" || bornMs + UPSERT_LAG_MS <= now();
    const [only, ...others] = having(object, field, value).filter(isSeen);
    if (others.length > 0) return refused("DUPLICATE_VALUE", field, "several records have this value");
    if (only === undefined) return create(object, write);
    return change(object, only, write.fields);
  };
  const change = (object: string, record: VendorRecord, fields: FieldValues): Outcome => {
    if (rival(object, fields, record.id) !== null)
      return refused("CONFLICT", "email", "another record holds this value");
    put(record, fields, "us");
    return applied(record, fields, false);
  };
  const update = (object: string, write: Write): Outcome => {
    const record = "id" in write.by ? answering(write.by.id) : null;
    if (record === null) return { kind: "missing", message: "no such record" };
    return change(object, record, write.fields);
  };
  const remove = (write: Write): Outcome => {
    const record = "id" in write.by ? answering(write.by.id) : null;
    if (record === null) return { kind: "missing", message: "no such record" };
    record.isAlive = false;
    return { kind: "applied", remoteId: record.id, created: false, altered: [] };
  };
  const carry: Readonly<Record<CallOperation, (object: string, write: Write) => Outcome>> = {
    upsert,
    create,
    update,
    archive: (_, write) => remove(write),
    delete: (_, write) => remove(write),
  };
  return {
    all,
    living,
    having,
    answering,
    make,
    put,
    found: (record, fields) => ({
      remoteId: record.id,
      fields: Object.fromEntries(fields.map((field) => [field, record.fields.get(field) ?? null])),
    }),
    carryOut: ({ object, operation, writes }) => {
      const isBad = (write: Write) => write.fields["name"] === POISON;
      if (traits.refusesWhole && writes.length > 1 && writes.some(isBad)) {
        const outcome: Outcome = { kind: "deferred", code: "BATCH_REFUSED", message: "the batch was refused" };
        return { outcomes: writes.map(() => outcome), refusedWhole: true };
      }
      const outcomes = writes.map(
        (write): Outcome =>
          isBad(write) ? refused("INVALID_NAME", "name", "this name is not allowed") : carry[operation](object, write),
      );
      return { outcomes, refusedWhole: false };
    },
  };
}

function refused(code: string, field: string, message: string): Outcome {
  return { kind: "rejected", code, field, message, suppressed: false };
}

export function comparable(field: string, value: string | null): string | null {
  return field === "email" ? (value?.trim().toLowerCase() ?? null) : value;
}
