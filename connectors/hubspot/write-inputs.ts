import type { RemoteField, RemoteObject, Write, WriteBatch } from "../../src/contract/destination.ts";
import { Fault } from "../../src/contract/fault.ts";
import { matchForm } from "../../src/kit/match-form.ts";
import { encode, type Properties } from "./values.ts";

/** One input of a batch call. HubSpot gives verdicts per row only where every input has a trace id. */
export type Input = {
  readonly objectWriteTraceId: string;
  /** Record id, or the match value; absent where a record is created. */
  readonly id: string;
  readonly properties: Properties;
};

export type Inputs = {
  readonly inputs: readonly Input[];
  /** The unique property that upserts go by. */
  readonly idProperty: string | null;
};

export function buildInputs(batch: WriteBatch, info: RemoteObject): Inputs {
  const seen = new Set<string>();
  let idProperty: string | null = null;
  const inputs = batch.writes.map((write, index): Input => {
    const properties = encodeFields(write, info);
    const target = "id" in write.by ? null : matchOf(write.by.match, batch, properties, info);
    if (target !== null) {
      if (idProperty !== null && target.field !== idProperty) throw mixed(batch);
      idProperty = target.field;
    }
    const id = "id" in write.by ? write.by.id : (target?.value ?? "");
    if (id !== "" && seen.size === seen.add(id).size) throw repeated(batch, id);
    const spelled = target === null ? id : spelling(info.fields.get(target.field), id, properties[target.field]);
    return { objectWriteTraceId: String(index), id: spelled, properties };
  });
  return { inputs, idProperty };
}

function encodeFields(write: Write, info: RemoteObject): Properties {
  const properties: Properties = {};
  const { fields } = write;
  for (const name in fields) properties[name] = encode(info.fields.get(name), fields[name] ?? null);
  return properties;
}

/** The match value, which also stands among the properties: a new record has it from the start. */
function matchOf(
  match: Readonly<Record<string, string>>,
  batch: WriteBatch,
  properties: Properties,
  info: RemoteObject,
): { field: string; value: string } | null {
  const entries = Object.entries(match);
  for (const [field, value] of entries) {
    if ((properties[field] ?? "") === "") properties[field] = encode(info.fields.get(field), value);
  }
  const [entry] = entries;
  if (batch.operation === "create") return null;
  if (entry === undefined || entries.length > 1) throw severalMatchFields(batch, Object.keys(match));
  return { field: entry[0], value: encode(info.fields.get(entry[0]), entry[1]) };
}

/** As the row spells it, should HubSpot mind the case of unique values; of e-mails it keeps the lower case. */
function spelling(field: RemoteField | undefined, value: string, own: string | undefined): string {
  if (field === undefined || field.name === "email" || own === undefined) return value;
  return matchForm(field.matchForm, own) === matchForm(field.matchForm, value) ? own : value;
}

function severalMatchFields(batch: WriteBatch, fields: readonly string[]): Fault {
  return new Fault(
    "DESTINATION_REFUSED",
    `${batch.object}: HubSpot upserts by exactly one unique property, not by ${fields.length} (${fields.join(", ")})`,
    { fix: "let the first match entry name one unique property" },
  );
}

function mixed(batch: WriteBatch): Fault {
  return new Fault("INTERNAL", `${batch.object}: one batch with several match properties`);
}

function repeated(batch: WriteBatch, id: string): Fault {
  return new Fault("INTERNAL", `${batch.object}: ${batch.operation} has ${id} twice in one batch`);
}
