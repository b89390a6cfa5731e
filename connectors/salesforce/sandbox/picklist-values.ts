import type { Answer } from "../../../src/kit/sandbox/call.ts";
import { optionsFor } from "./check-picklist.ts";
import { recordTypesOf } from "./describe-object.ts";
import type { ObjectStore } from "./object-store.ts";
import { MASTER_RECORD_TYPE, type Org } from "./org.ts";
import { fullId } from "./record-id.ts";
import { callError } from "./row-error.ts";

/** `GET ui-api/object-info/{Object}/picklist-values/{recordTypeId}`: what each picklist offers for records of the type. */
export function picklistValuesCall(org: Org, store: ObjectStore, typeId: string, version: string): Answer {
  const id = fullId(typeId);
  const isKnown = id === MASTER_RECORD_TYPE || recordTypesOf(org, store).some((type) => type.id === id);
  if (id === null || !isKnown) return callError(404, "NOT_FOUND", `The requested resource does not exist: ${typeId}`);
  const base = `/services/data/${version}/ui-api/object-info/${store.kind.name}/picklist-values/${id}`;
  const picklistFieldValues: Record<string, unknown> = {};
  for (const it of store.fields.values()) {
    if (!it.isVisible || (it.type !== "picklist" && it.type !== "multipicklist")) continue;
    const values = optionsFor(org, it, id).map((value) => ({ attributes: null, label: value, validFor: [], value }));
    picklistFieldValues[it.name] = {
      controllerValues: {},
      defaultValue: values.find(({ value }) => value === it.defaultValue) ?? null,
      eTag: "0",
      url: `${base}/${it.name}`,
      values,
    };
  }
  return { status: 200, body: { eTag: "0", picklistFieldValues } };
}
