import type { Field, Value } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import { attributesOf, type SentRecord } from "./record-answer.ts";
import { compileFilter } from "./soql-match.ts";
import { fieldPath, parentOf } from "./soql-path.ts";
import type { Query } from "./soql-query.ts";
import { comparableValue } from "./soql-value.ts";
import { isDeleted, readValue, type StoredRecord } from "./stored-record.ts";

/** The records that a query means, in its order. */
export function findRecords(org: Org, store: ObjectStore, query: Query, withDeleted: boolean): readonly StoredRecord[] {
  const filter = query.where === null ? null : compileFilter(org, store, query.alias, query.where);
  const compare = ordering(org, store, query);
  let found: readonly StoredRecord[];
  const candidates = withDeleted ? null : (filter?.candidates() ?? null);
  const isShown = (record: StoredRecord) => withDeleted || !isDeleted(record);
  if (filter === null) found = store.records.filter(isShown);
  else found = (candidates ?? store.records).filter((record) => isShown(record) && filter.fits(record));
  if (compare !== null) found = [...found].sort(compare);
  else if (candidates !== null) found = [...found].sort((a, b) => (a.id < b.id ? -1 : 1));
  const end = query.limit === null ? found.length : query.offset + query.limit;
  return query.offset === 0 && end >= found.length ? found : found.slice(query.offset, end);
}

/** Makes of each record what the query's SELECT asks for, parents nested. */
export function rowShaper(
  org: Org,
  store: ObjectStore,
  query: Query,
  version: string,
): (record: StoredRecord) => SentRecord {
  const root: Shape = { fields: [], parents: new Map() };
  for (const written of query.select ?? []) {
    const { hops, field } = fieldPath(org, store, query.alias, written);
    let shape = root;
    for (const hop of hops) {
      const name = hop.relationship ?? hop.name;
      const known = shape.parents.get(name) ?? { hop, shape: { fields: [], parents: new Map() } };
      shape.parents.set(name, known);
      shape = known.shape;
    }
    shape.fields.push(field.name);
  }
  return (record) => shaped(org, store, record, root, version);
}

type Shape = {
  readonly fields: string[];
  readonly parents: Map<string, { readonly hop: Field; readonly shape: Shape }>;
};

function shaped(org: Org, store: ObjectStore, record: StoredRecord, shape: Shape, version: string): SentRecord {
  const row: SentRecord = { attributes: attributesOf(version, store, record) };
  for (const name of shape.fields) row[name] = readValue(record, name);
  for (const [name, { hop, shape: inner }] of shape.parents) {
    const parent = parentOf(org, record, hop);
    row[name] = parent === null ? null : shaped(org, parent.store, parent.record, inner, version);
  }
  return row;
}

function ordering(org: Org, store: ObjectStore, query: Query): ((a: StoredRecord, b: StoredRecord) => number) | null {
  if (query.orders.length === 0) return null;
  const steps = query.orders.map((order) => ({ ...order, ...fieldPath(org, store, query.alias, order.path) }));
  return (a, b) => {
    for (const { field, read, isDown, nullsLast } of steps) {
      const [x, y] = [comparableValue(field, read(a)), comparableValue(field, read(b))];
      if (x === y) continue;
      if (x === null || y === null) return (x === null) === nullsLast ? 1 : -1;
      return lessThan(x, y) === isDown ? 1 : -1;
    }
    return 0;
  };
}

function lessThan(x: Exclude<Value, null>, y: Exclude<Value, null>): boolean {
  return x < y;
}
