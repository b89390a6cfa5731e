import type { ObjectStore } from "./object-store.ts";
import { invalid, type Refusal } from "./refusal.ts";
import { canonicalUnique } from "./unique-index.ts";

/** One input of a batch call, checked for shape alone. */
export type BatchInput = {
  readonly id: string | null;
  readonly idProperty: string | null;
  readonly properties: unknown;
  readonly traceId: string | null;
  readonly associations: unknown;
};

export const MAX_INPUTS = 100;

/** The inputs of a batch call, or why HubSpot refuses the whole of it. */
export function batchInputs(body: unknown, needsId: boolean): readonly BatchInput[] | Refusal {
  const inputs = typeof body === "object" && body !== null && "inputs" in body ? body.inputs : undefined;
  if (!Array.isArray(inputs)) {
    return invalid("Invalid input JSON on line 1, column 1: Some required fields were not set: [inputs]");
  }
  if (inputs.length > MAX_INPUTS) {
    return invalid(
      `The maximum number of inputs in a batch request is ${MAX_INPUTS}; this request has ${inputs.length}`,
    );
  }
  const parsed: BatchInput[] = [];
  for (const input of inputs as unknown[]) {
    if (typeof input !== "object" || input === null || Array.isArray(input)) {
      return invalid("Invalid input JSON on line 1, column 12: every input must be an object");
    }
    const { id, idProperty, properties, objectWriteTraceId, associations } = input as Record<string, unknown>;
    if (needsId && typeof id !== "string" && typeof id !== "number") {
      return invalid("Invalid input JSON on line 1, column 12: Some required fields were not set: [id]");
    }
    parsed.push({
      id: id === undefined || id === null ? null : String(id),
      idProperty: textOrNull(idProperty),
      properties,
      traceId: textOrNull(objectWriteTraceId),
      associations,
    });
  }
  return parsed;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** True where HubSpot answers row by row: a trace id on every input, and none twice. */
export function answersByRow(inputs: readonly BatchInput[]): boolean {
  const traces = new Set<string>();
  for (const { traceId } of inputs) {
    if (traceId === null) return false;
    traces.add(traceId);
  }
  return inputs.length > 0 && traces.size === inputs.length;
}

/** Refuses the same id twice: for all rows, trace ids or not (recorded from the API). */
export function duplicateIds(inputs: readonly BatchInput[]): Refusal | null {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { id, idProperty } of inputs) {
    if (id === null) continue;
    const key = idProperty === null ? id : `${idProperty} ${canonicalUnique(id)}`;
    if (seen.has(key)) twice.add(id);
    seen.add(key);
  }
  if (twice.size === 0) return null;
  const ids = [...twice];
  return invalid(`Duplicate IDs found in batch input: [${ids.join(", ")}]. IDs must be unique`, { ids });
}

/** Refuses an `idProperty` that does not exist or is not unique. The record id is always one. */
export function unusableIdProperty(store: ObjectStore, names: Iterable<string | null>): Refusal | null {
  for (const name of new Set(names)) {
    if (name === null || name === "hs_object_id") continue;
    const it = store.properties.get(name);
    if (it === undefined) return invalid(`Property "${name}" does not exist`, { propertyName: [name] });
    if (it.unique) continue;
    return invalid(`idProperty must be a unique property: ${name} is a non-unique property of ${store.kind.name}`, {
      propertyName: [name],
    });
  }
  return null;
}
