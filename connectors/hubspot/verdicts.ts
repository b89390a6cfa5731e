import type { Outcome, RemoteObject, WriteBatch } from "../../src/contract/destination.ts";
import { record, records, text } from "../../src/kit/json.ts";
import { matchForm } from "../../src/kit/match-form.ts";
import { applied, deferred, exists, missing, rejected, unknown } from "../../src/kit/outcome.ts";
import { compareEcho, decode } from "./values.ts";
import { readVendorError, type VendorError } from "./vendor-error.ts";
import type { Inputs } from "./write-inputs.ts";

export type Sending = { readonly batch: WriteBatch; readonly info: RemoteObject } & Inputs;

/** What an error about one row means for it. */
export function outcomeOf(error: VendorError, write: { operation: WriteBatch["operation"]; id: string }): Outcome {
  const { operation } = write;
  const makes = operation === "create" || operation === "upsert";
  if (makes && error.existingId !== null) return exists(error.existingId, error.message);
  if (operation === "update" && error.existingId !== null)
    return rejected("CONFLICT", error.field, error.message, false);
  if (error.isMissing && operation === "update") return missing(error.message);
  if (error.isMissing && operation === "archive") return applied(write.id, false);
  if (/^RATE_LIMIT/.test(error.code)) return deferred("RATE_LIMITED", error.message);
  if (/^(INTERNAL|SERVER)_ERROR$/.test(error.code)) return unknown(error.message);
  return rejected(error.code, error.field, error.message, error.isSuppressed);
}

/**
 * Verdicts of a 2xx answer by identity: trace id, else record id, else match value; never by position. A row that the
 * answer does not name is unknown.
 */
export function readVerdicts(sending: Sending, body: unknown): readonly Outcome[] {
  const outcomes: (Outcome | null)[] = sending.inputs.map(() => null);
  const find = rowFinder(sending);
  const errors = records(record(body)?.errors).map((error) => readVendorError(error, "no reason given"));
  for (const result of records(record(body)?.results)) {
    const row = find.ofResult(result);
    if (row !== null) outcomes[row] ??= appliedOutcome(sending, row, result);
  }
  for (const error of errors) {
    for (const row of find.ofError(error)) {
      const outcome = outcomeOf(error, { operation: sending.batch.operation, id: sending.inputs[row]?.id ?? "" });
      outcomes[row] = outcomes[row] === null ? outcome : unknown("HubSpot's answer says both success and failure");
    }
  }
  const silence = silent(sending, outcomes, errors);
  return outcomes.map((outcome) => outcome ?? silence);
}

function appliedOutcome(sending: Sending, row: number, result: Readonly<Record<string, unknown>>): Outcome | null {
  const input = sending.inputs[row];
  const write = sending.batch.writes[row];
  const id = text(result.id);
  if (input === undefined || write === undefined || id === null) return null;
  const altered = compareEcho(sending.info, write.fields, input.properties, result.properties);
  return applied(id, isNew(sending.batch.operation, result), altered);
}

function isNew(operation: WriteBatch["operation"], result: Readonly<Record<string, unknown>>): boolean | null {
  if (operation === "upsert") return typeof result.new === "boolean" ? result.new : null;
  return operation === "create";
}

function silent(sending: Sending, outcomes: readonly (Outcome | null)[], errors: readonly VendorError[]): Outcome {
  const nameless = errors.find((error) => error.traceIds.length === 0 && error.ids.length === 0);
  if (nameless !== undefined) return unknown(`HubSpot's answer does not name this row, and says: ${nameless.message}`);
  const isAlone = outcomes.every((outcome) => outcome === null);
  if (isAlone || sending.batch.operation !== "update") return unknown("HubSpot's answer does not name this row");
  return unknown("HubSpot left this record out of its answer; it may have been merged into another one");
}

type RowFinder = {
  ofResult(result: Readonly<Record<string, unknown>>): number | null;
  ofError(error: VendorError): readonly number[];
};

function rowFinder(sending: Sending): RowFinder {
  const { inputs, idProperty, info } = sending;
  const property = idProperty === null ? undefined : info.fields.get(idProperty);
  const form = (value: string) => matchForm(property?.matchForm ?? "exact", decode(property, value) ?? "");
  let byId: Map<string, number> | null = null;
  const lookUp = (id: string): number | null => {
    byId ??= new Map(inputs.map((input, row) => [form(input.id), row]));
    return byId.get(form(id)) ?? null;
  };
  const ofTrace = (trace: unknown): number | null => {
    const row = typeof trace === "string" && /^\d{1,6}$/.test(trace) ? Number(trace) : -1;
    return row >= 0 && row < inputs.length ? row : null;
  };
  return {
    ofResult: (result) => {
      const row = ofTrace(result.objectWriteTraceId);
      if (row !== null) return row;
      if (sending.batch.operation === "create") return inputs.length === 1 ? 0 : null;
      const named = idProperty === null ? result.id : record(result.properties)?.[idProperty];
      return typeof named === "string" ? lookUp(named) : null;
    },
    ofError: (error) => {
      const rows = error.traceIds.length > 0 ? error.traceIds.map(ofTrace) : error.ids.map(lookUp);
      const named = rows.filter((row) => row !== null);
      if (named.length === 0 && inputs.length === 1) return [0];
      return [...new Set(named)];
    },
  };
}
