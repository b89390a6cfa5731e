import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import { associate } from "./associations.ts";
import { unusableIdProperty } from "./batch-input.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Portal } from "./portal.ts";
import { recordAnswer } from "./record-answer.ts";
import { invalid, isRefusal, notFound, type Refusal } from "./refusal.ts";
import type { StoredRecord } from "./stored-record.ts";
import type { RecordWriter } from "./write-record.ts";

const DEFAULT_PAGE = 10;
const MAX_PAGE = 100;

/** `/crm/v3/objects/{type}` and `/crm/v3/objects/{type}/{id}`. */
export interface ObjectCalls {
  list(store: ObjectStore, call: Call): Answer | Refusal;
  create(store: ObjectStore, call: Call): Answer | Refusal;
  read(store: ObjectStore, id: string, call: Call): Answer | Refusal;
  update(store: ObjectStore, id: string, call: Call): Answer | Refusal;
  archive(store: ObjectStore, id: string): Answer | Refusal;
}

export function objectCalls(portal: Portal, writer: RecordWriter): ObjectCalls {
  function find(store: ObjectStore, id: string, query: URLSearchParams): StoredRecord | Refusal {
    const by = query.get("idProperty");
    const refusal = unusableIdProperty(store, [by]);
    if (refusal !== null) return refusal;
    const record = by === null || by === "hs_object_id" ? store.byId(id) : store.byUnique(by, id);
    const wantsArchived = query.get("archived") === "true";
    if (record === null || (record.archivedAt !== null) !== wantsArchived) return notFound();
    return record;
  }

  return {
    list: (store, call) => page(store, call.query),
    create(store, call) {
      const { properties, associations } = (call.body ?? {}) as { properties?: unknown; associations?: unknown };
      const written = writer.create(store, properties);
      if (isRefusal(written)) return written;
      associate(portal, store, written.record.id, associations);
      return { status: 201, body: recordAnswer(store, written.record, written.sent), rows: 1 };
    },
    read(store, id, call) {
      const record = find(store, id, call.query);
      if (isRefusal(record)) return record;
      return { status: 200, body: recordAnswer(store, record, namesOf(store, call.query)), rows: 1 };
    },
    update(store, id, call) {
      const record = find(store, id, call.query);
      if (isRefusal(record)) return record;
      const written = writer.update(store, record, (call.body as { properties?: unknown } | undefined)?.properties);
      if (isRefusal(written)) return written;
      return { status: 200, body: recordAnswer(store, record, written.sent), rows: 1 };
    },
    archive(store, id) {
      const record = store.byId(id);
      if (record !== null && record.archivedAt === null) store.archive(record, portal.clock.now());
      return { status: 204, body: null, rows: 1 };
    },
  };
}

function namesOf(store: ObjectStore, query: URLSearchParams): readonly string[] {
  const names = query.getAll("properties").flatMap((text) => text.split(","));
  return names.length === 0 ? store.kind.defaults : names;
}

function page(store: ObjectStore, query: URLSearchParams): Answer | Refusal {
  const limit = Number(query.get("limit") ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    return invalid(`limit must be a whole number from 1 to ${MAX_PAGE}`);
  }
  const after = query.get("after");
  if (after !== null && !/^\d+$/.test(after)) return invalid(`after "${after}" is no cursor`);
  const names = namesOf(store, query);
  const wantsArchived = query.get("archived") === "true";
  const found: StoredRecord[] = [];
  for (let at = after === null ? 0 : firstFrom(store.records, after); at < store.records.length; at++) {
    const record = store.records[at];
    if (record === undefined || (record.archivedAt !== null) !== wantsArchived) continue;
    found.push(record);
    if (found.length > limit) break;
  }
  const next = found.length > limit ? found.pop() : undefined;
  const results = found.map((record) => recordAnswer(store, record, names));
  const paging = next === undefined ? {} : { paging: { next: { after: next.id, link: "" } } };
  return { status: 200, body: { results, ...paging }, rows: results.length };
}

/** Place of the first record whose id is `id` or higher; `records` are in order of id. */
function firstFrom(records: readonly StoredRecord[], id: string): number {
  const wanted = Number(id);
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(records[middle]?.id) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
