import { missingValue, takenValue } from "./check-conflicts.ts";
import { checkProperties } from "./check-properties.ts";
import { isoTime } from "./iso-time.ts";
import type { ObjectStore } from "./object-store.ts";
import { nextId, type Portal } from "./portal.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import type { StoredRecord, Values } from "./stored-record.ts";

/** What came of one write. `sent` names the properties for the echo. */
export type Written = {
  readonly record: StoredRecord;
  readonly sent: readonly string[];
  readonly isNew: boolean;
  /** Takes the write back; for batches that succeed or fail as one. */
  readonly undo: () => void;
};

/** How far search lags behind a write, in ms. */
export type SearchLag = { readonly minMs: number; readonly maxMs: number };

export interface RecordWriter {
  create(store: ObjectStore, properties: unknown): Written | Refusal;
  update(store: ObjectStore, record: StoredRecord, properties: unknown): Written | Refusal;
}

export function recordWriter(portal: Portal, lag: SearchLag): RecordWriter {
  const { clock, random } = portal;

  function indexLater(record: StoredRecord, before: Values | null): void {
    const nowMs = clock.monotonicMs();
    if (record.indexedAtMs <= nowMs) record.indexed = before;
    record.indexedAtMs = nowMs + lag.minMs + random() * (lag.maxMs - lag.minMs);
  }

  return {
    create(store, properties) {
      const result = checkProperties(portal, store, properties, null);
      if (isRefusal(result)) return result;
      const { values } = result;
      const refusal = missingValue(store, values) ?? takenValue(portal, store, values, null);
      if (refusal !== null) return refusal;
      const record = newRecord(portal, store, values);
      store.insert(record);
      indexLater(record, null);
      return { record, sent: Object.keys(values), isNew: true, undo: () => store.remove(record) };
    },
    update(store, record, properties) {
      const result = checkProperties(portal, store, properties, record.properties);
      if (isRefusal(result)) return result;
      const { values } = result;
      const refusal = takenValue(portal, store, values, record);
      if (refusal !== null) return refusal;
      const { properties: before, updatedAt } = record;
      if (differs(before, values)) {
        record.updatedAt = Math.max(updatedAt + 1, clock.now());
        store.replace(record, { ...before, ...values, [store.kind.modifiedProperty]: isoTime(record.updatedAt) });
        indexLater(record, before);
      }
      const undo = () => {
        store.replace(record, before);
        record.updatedAt = updatedAt;
      };
      return { record, sent: Object.keys(values), isNew: false, undo };
    },
  };
}

function newRecord(portal: Portal, store: ObjectStore, values: Values): StoredRecord {
  const id = nextId(portal);
  const at = portal.clock.now();
  const { createdProperty, modifiedProperty } = store.kind;
  const own = { [createdProperty]: isoTime(at), [modifiedProperty]: isoTime(at), hs_object_id: id };
  const properties = { ...values, ...own };
  return { id, properties, createdAt: at, updatedAt: at, archivedAt: null, indexed: null, indexedAtMs: 0 };
}

function differs(present: Values, values: Values): boolean {
  for (const name in values) if ((present[name] ?? null) !== (values[name] ?? null)) return true;
  return false;
}
