import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import { defineProperty, nameProblem } from "./define-property.ts";
import type { ObjectStore } from "./object-store.ts";
import { addCustomObject, findObject, type Portal, qualifiedName } from "./portal.ts";
import { toApi } from "./property.ts";
import { invalid, isRefusal, notFound, type Refusal } from "./refusal.ts";

/** `GET /crm/v3/properties/{type}`. */
export function listProperties(store: ObjectStore): Answer {
  return { status: 200, body: { results: [...store.properties.values()].map(toApi) } };
}

/** `GET /crm/v3/properties/{type}/{name}`. */
export function readProperty(store: ObjectStore, name: string): Answer | Refusal {
  const it = store.properties.get(name);
  return it === undefined ? notFound(`Property "${name}" does not exist`) : { status: 200, body: toApi(it) };
}

/** `POST /crm/v3/properties/{type}`. */
export function createProperty(store: ObjectStore, call: Call): Answer | Refusal {
  const made = defineProperty(store, call.body);
  return isRefusal(made) ? made : { status: 201, body: toApi(made) };
}

/** `GET /crm/v3/schemas`: custom objects only, as HubSpot. */
export function listSchemas(portal: Portal): Answer {
  const custom = [...portal.objects.values()].filter((store) => store.kind.isCustom);
  return { status: 200, body: { results: custom.map((store) => schemaBody(portal, store)) } };
}

/** `GET /crm/v3/schemas/{type}`: standard objects too. */
export function readSchema(portal: Portal, type: string): Answer | Refusal {
  const store = findObject(portal, type);
  return store === null ? notFound() : { status: 200, body: schemaBody(portal, store) };
}

/** `POST /crm/v3/schemas`. */
export function createSchema(portal: Portal, call: Call): Answer | Refusal {
  const { name, labels, properties, requiredProperties } = (call.body ?? {}) as Record<string, unknown>;
  const problem = nameProblem(name);
  if (problem !== null) return invalid(problem);
  if (findObject(portal, String(name)) !== null) {
    const message = `Object type with name '${String(name)}' already exists.`;
    return { status: 409, category: "OBJECT_ALREADY_EXISTS", message };
  }
  if (!Array.isArray(properties)) return invalid("Some required fields were not set: [properties]");
  const { singular, plural } = (labels ?? {}) as { singular?: unknown; plural?: unknown };
  const store = addCustomObject(portal, String(name), {
    singular: typeof singular === "string" ? singular : String(name),
    plural: typeof plural === "string" ? plural : String(name),
  });
  const required = new Set(Array.isArray(requiredProperties) ? requiredProperties.map(String) : []);
  for (const one of properties as unknown[]) {
    const made = defineProperty(store, one);
    if (isRefusal(made)) {
      portal.objects.delete(String(name));
      return made;
    }
    if (required.has(made.name)) store.addProperty({ ...made, required: true });
  }
  return { status: 201, body: schemaBody(portal, store) };
}

function schemaBody(portal: Portal, store: ObjectStore): object {
  const { kind } = store;
  const all = [...store.properties.values()];
  return {
    id: kind.objectTypeId.replace(/^\d+-/, ""),
    objectTypeId: kind.objectTypeId,
    name: kind.name,
    fullyQualifiedName: kind.isCustom ? qualifiedName(portal, store) : kind.singular.toUpperCase(),
    labels: { singular: kind.singular, plural: kind.plural },
    requiredProperties: all.filter((it) => it.required).map((it) => it.name),
    searchableProperties: [],
    secondaryDisplayProperties: [],
    properties: all.map(toApi),
    associations: [],
    archived: false,
  };
}
