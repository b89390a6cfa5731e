import type { Answer } from "../../../src/kit/sandbox/call.ts";
import { associate } from "./associations.ts";
import { answersByRow, type BatchInput, batchInputs, duplicateIds, unusableIdProperty } from "./batch-input.ts";
import { type BatchResult, batchReply, batchResult, type RefusedRow } from "./batch-reply.ts";
import { isoTime } from "./iso-time.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Portal } from "./portal.ts";
import { idsNotFound, isRefusal, type Refusal } from "./refusal.ts";
import type { StoredRecord } from "./stored-record.ts";
import type { RecordWriter, Written } from "./write-record.ts";

export type BatchCalls = Readonly<
  Record<"create" | "read" | "update" | "upsert" | "archive", (store: ObjectStore, body: unknown) => Answer | Refusal>
>;

/** What became of one input; null where HubSpot passes over it in silence. */
type RowAnswer = Written | Refusal | null;

/** `POST /crm/v3/objects/{type}/batch/…`. A refusal is of the whole batch: nothing of it was applied. */
export function batchCalls(portal: Portal, writer: RecordWriter): BatchCalls {
  return {
    create: (store, body) =>
      writeBatch(portal, store, batchInputs(body, false), 201, (input) => {
        const written = writer.create(store, input.properties);
        if (!isRefusal(written)) associate(portal, store, written.record.id, input.associations);
        return written;
      }),
    update: (store, body) =>
      writeBatch(portal, store, keyedInputs(store, body), 200, (input) => updateRow(writer, store, input)),
    upsert: (store, body) =>
      writeBatch(portal, store, keyedInputs(store, body), 200, (input) => upsertRow(writer, store, input), true),
    archive(store, body) {
      const inputs = keyedInputs(store, body);
      if (isRefusal(inputs)) return inputs;
      const at = portal.clock.now();
      for (const input of inputs) {
        const record = findRecord(store, input);
        if (record !== null) store.archive(record, at);
      }
      return { status: 204, body: null, rows: inputs.length };
    },
    read: (store, body) => readBatch(portal, store, body),
  };
}

function keyedInputs(store: ObjectStore, body: unknown): readonly BatchInput[] | Refusal {
  const inputs = batchInputs(body, true);
  if (isRefusal(inputs)) return inputs;
  const names = inputs.map((input) => input.idProperty);
  return duplicateIds(inputs) ?? unusableIdProperty(store, names) ?? inputs;
}

function findRecord(
  store: ObjectStore,
  { id, idProperty }: Pick<BatchInput, "id" | "idProperty">,
): StoredRecord | null {
  if (id === null) return null;
  const byId = idProperty === null || idProperty === "hs_object_id";
  const record = byId ? store.byId(id) : store.byUnique(idProperty, id);
  return record?.archivedAt === null ? record : null;
}

function updateRow(writer: RecordWriter, store: ObjectStore, input: BatchInput): RowAnswer {
  const record = findRecord(store, input);
  if (record !== null) return writer.update(store, record, input.properties);
  // Seen in production: text in place of a record id changes nothing and is no error either.
  if (input.idProperty === null && !/^\d+$/.test(input.id ?? "")) return null;
  return idsNotFound(store.kind.singular, [input.id ?? ""]);
}

function upsertRow(writer: RecordWriter, store: ObjectStore, input: BatchInput): RowAnswer {
  const record = findRecord(store, input);
  if (record !== null) return writer.update(store, record, input.properties);
  if (input.idProperty === null || input.idProperty === "hs_object_id") {
    return idsNotFound(store.kind.singular, [input.id ?? ""]);
  }
  const sent = typeof input.properties === "object" ? input.properties : null;
  return writer.create(store, { [input.idProperty]: input.id, ...sent });
}

function writeBatch(
  portal: Portal,
  store: ObjectStore,
  inputs: readonly BatchInput[] | Refusal,
  status: 200 | 201,
  writeRow: (input: BatchInput) => RowAnswer,
  tellsNew = false,
): Answer | Refusal {
  if (isRefusal(inputs)) return inputs;
  const startedAt = isoTime(portal.clock.now());
  const byRow = answersByRow(inputs);
  const results: BatchResult[] = [];
  const refused: RefusedRow[] = [];
  const undo: (() => void)[] = [];
  for (const input of inputs) {
    const row = writeRow(input);
    if (row === null) continue;
    if (!isRefusal(row)) {
      const result = batchResult(store, row.record, row.sent, input.traceId);
      results.push(tellsNew ? { ...result, new: row.isNew } : result);
      if (!byRow) undo.push(row.undo);
    } else if (byRow || row.category === "OBJECT_NOT_FOUND") {
      // Ids that do not exist are told apart even without trace ids: recorded from the API, `context.ids` only.
      refused.push({ traceId: byRow ? input.traceId : null, refusal: row });
    } else {
      for (const takeBack of undo.reverse()) takeBack();
      return row;
    }
  }
  return batchReply(results, refused, { startedAt, completedAt: isoTime(portal.clock.now()) }, status, inputs.length);
}

function readBatch(portal: Portal, store: ObjectStore, body: unknown): Answer | Refusal {
  const startedAt = isoTime(portal.clock.now());
  const inputs = batchInputs(body, true);
  if (isRefusal(inputs)) return inputs;
  const { idProperty, properties } = body as { idProperty?: unknown; properties?: unknown };
  const by = typeof idProperty === "string" && idProperty !== "" ? idProperty : null;
  const refusal = unusableIdProperty(store, [by]);
  if (refusal !== null) return refusal;
  const names = Array.isArray(properties) && properties.length > 0 ? properties.map(String) : store.kind.defaults;
  const found = new Map<string, StoredRecord>();
  const missing: string[] = [];
  for (const { id } of inputs) {
    const record = findRecord(store, { id, idProperty: by });
    if (record === null) missing.push(id ?? "");
    else found.set(record.id, record);
  }
  const results = [...found.values()].map((record) => batchResult(store, record, names, null));
  const refused = missing.length === 0 ? [] : [{ traceId: null, refusal: idsNotFound(store.kind.singular, missing) }];
  return batchReply(results, refused, { startedAt, completedAt: isoTime(portal.clock.now()) }, 200, inputs.length);
}
