import {
  asCount,
  asFlag,
  asList,
  asObject,
  asText,
  refusedInput,
  refuseUnknownKeys,
} from "../../../src/kit/sandbox/control-input.ts";
import type { SandboxVendor } from "../../../src/kit/sandbox/sandbox-vendor.ts";
import { nameProblem, optionsOf } from "./define-property.ts";
import type { ObjectStore } from "./object-store.ts";
import { addCustomObject, findObject, type Portal } from "./portal.ts";
import { PROPERTY_TYPES, type PropertyInput, toApi } from "./property.ts";
import { wholeRecord } from "./record-answer.ts";
import { isRefusal } from "./refusal.ts";
import type { RecordWriter } from "./write-record.ts";

const FIELD_KEYS = ["name", "label", "type", "fieldType", "length", "unique", "required", "readonly", "options"];

/** The control calls that know what a HubSpot record is. */
export function hubspotControl(portal: Portal, writer: RecordWriter, reset: () => void): SandboxVendor["control"] {
  return {
    reset,
    more: {},
    addFields(body) {
      const asked = asObject(body, "body");
      refuseUnknownKeys(asked, ["object", "fields"], "body");
      const name = asText(asked.object, "object");
      const present = findObject(portal, name);
      const known = present?.properties ?? new Map<string, unknown>();
      const inputs = asList(asked.fields ?? [], "fields").map((field, index) =>
        fieldInput(field, `fields[${index}]`, known),
      );
      const problem = present === null ? nameProblem(name) : null;
      if (problem !== null) throw refusedInput(`object: ${problem}`);
      const twice = inputs.find((input, index) => inputs.findIndex((other) => other.name === input.name) !== index);
      if (twice !== undefined) throw refusedInput(`fields: "${twice.name}" is there twice`);
      const store = present ?? addCustomObject(portal, name, { singular: name, plural: name });
      return { object: store.kind.name, fields: inputs.map((input) => toApi(store.addProperty(input))) };
    },
    dump(query) {
      const store = knownObject(portal, query.get("object"), "object");
      const archived = query.get("archived") ?? "false";
      if (archived !== "true" && archived !== "false") throw refusedInput("archived: expected true or false");
      const shown = archived === "true" ? store.records : store.records.filter((record) => record.archivedAt === null);
      return shown.map(wholeRecord);
    },
    seed(body) {
      const asked = asObject(body, "body");
      refuseUnknownKeys(asked, ["object", "records"], "body");
      const store = knownObject(portal, asText(asked.object, "object"), "object");
      const ids: string[] = [];
      const undo: (() => void)[] = [];
      asList(asked.records, "records").forEach((one, index) => {
        const record = asObject(one, `records[${index}]`);
        const isWrapped = typeof record.properties === "object" && record.properties !== null;
        const written = writer.create(store, isWrapped ? record.properties : record);
        if (isRefusal(written)) {
          for (const takeBack of undo.reverse()) takeBack();
          throw refusedInput(`records[${index}]: ${written.message}`);
        }
        // Seeded records were there before: search knows them.
        written.record.indexedAtMs = 0;
        ids.push(written.record.id);
        undo.push(written.undo);
      });
      return { ids };
    },
  };
}

function knownObject(portal: Portal, name: string | null, at: string): ObjectStore {
  if (name === null) throw refusedInput(`${at}: missing; name one of ${[...portal.objects.keys()].join(", ")}`);
  const store = findObject(portal, name);
  if (store !== null) return store;
  throw refusedInput(`${at}: no object "${name}"; there are ${[...portal.objects.keys()].join(", ")}`);
}

function fieldInput(value: unknown, at: string, known: ReadonlyMap<string, unknown>): PropertyInput {
  const field = asObject(value, at);
  refuseUnknownKeys(field, FIELD_KEYS, at);
  const problem = nameProblem(field.name);
  if (problem !== null) throw refusedInput(`${at}.name: ${problem}`);
  const name = String(field.name);
  if (known.has(name)) throw refusedInput(`${at}.name: "${name}" exists already`);
  const type = PROPERTY_TYPES.find((one) => one === (field.type ?? "string"));
  if (type === undefined) throw refusedInput(`${at}.type: expected one of ${PROPERTY_TYPES.join(", ")}`);
  const options = optionsOf(field.options ?? []);
  if (options === null) throw refusedInput(`${at}.options: expected texts, or {value, label}`);
  if (type === "enumeration" && options.length === 0) throw refusedInput(`${at}.options: an enumeration needs options`);
  return {
    name,
    type,
    ...(field.label === undefined ? {} : { label: asText(field.label, `${at}.label`) }),
    ...(field.fieldType === undefined ? {} : { fieldType: asText(field.fieldType, `${at}.fieldType`) }),
    ...(field.length === undefined ? {} : { maxLength: asCount(field.length, 1, `${at}.length`) }),
    ...(options.length > 0 ? { options } : {}),
    unique: asFlag(field.unique, `${at}.unique`),
    required: asFlag(field.required, `${at}.required`),
    readOnly: asFlag(field.readonly, `${at}.readonly`),
  };
}
