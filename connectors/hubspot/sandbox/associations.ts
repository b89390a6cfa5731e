import type { Answer } from "../../../src/kit/sandbox/call.ts";
import { batchInputs } from "./batch-input.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject, type Portal } from "./portal.ts";
import { idsNotFound, invalid, isRefusal, type Refusal } from "./refusal.ts";

/** Type ids of the unlabelled associations: developers.hubspot.com/docs/api/crm/associations, "Association type id values". */
const TYPE_IDS: Readonly<Record<string, number>> = {
  "contacts companies": 279,
  "companies contacts": 280,
  "deals contacts": 3,
  "contacts deals": 4,
  "deals companies": 341,
  "companies deals": 342,
  "contacts tickets": 15,
  "tickets contacts": 16,
  "tickets companies": 339,
  "companies tickets": 340,
  "deals tickets": 27,
  "tickets deals": 28,
};

type Ends = { readonly from: string; readonly to: string };

/** Links two records, both ways. */
function link(portal: Portal, from: ObjectStore, fromId: string, to: ObjectStore, toId: string): void {
  targets(portal, from, fromId, to).add(toId);
  targets(portal, to, toId, from).add(fromId);
}

function targets(portal: Portal, from: ObjectStore, fromId: string, to: ObjectStore): Set<string> {
  const key = `${from.kind.name}/${fromId}/${to.kind.name}`;
  let ids = portal.associations.get(key);
  if (ids === undefined) {
    ids = new Set();
    portal.associations.set(key, ids);
  }
  return ids;
}

/** The `associations` of a create input: `[{ to: { id }, types: [{ associationTypeId }] }]`. Others are passed over. */
export function associate(portal: Portal, from: ObjectStore, fromId: string, associations: unknown): void {
  if (!Array.isArray(associations)) return;
  for (const one of associations as { to?: { id?: unknown }; types?: { associationTypeId?: unknown }[] }[]) {
    const typeId = one.types?.[0]?.associationTypeId;
    const pair = Object.entries(TYPE_IDS).find(([key, id]) => id === typeId && key.startsWith(`${from.kind.name} `));
    const to = pair === undefined ? null : findObject(portal, pair[0].split(" ")[1] ?? "");
    const target = to?.byId(String(one.to?.id)) ?? null;
    if (to !== null && target !== null) link(portal, from, fromId, to, target.id);
  }
}

/** `POST /crm/v4/associations/{from}/{to}/batch/{create | associate/default | read}`. */
export function associationCall(
  portal: Portal,
  from: ObjectStore,
  to: ObjectStore,
  action: string,
  body: unknown,
): Answer | Refusal {
  const inputs = batchInputs(body, false);
  if (isRefusal(inputs)) return inputs;
  const raw = (body as { inputs: Record<string, unknown>[] }).inputs;
  if (action === "read") return readAssociations(portal, from, to, raw);
  const ends: Ends[] = [];
  for (const input of raw) {
    const fromId = idOf(input.from);
    const toId = idOf(input.to);
    if (fromId === null || toId === null) {
      return invalid("Invalid input JSON on line 1, column 12: Some required fields were not set: [from, to]");
    }
    const source = from.byId(fromId);
    const target = to.byId(toId);
    if (source === null) return idsNotFound(from.kind.singular, [fromId]);
    if (target === null) return idsNotFound(to.kind.singular, [toId]);
    ends.push({ from: source.id, to: target.id });
  }
  for (const pair of ends) link(portal, from, pair.from, to, pair.to);
  const isDefault = action === "associate/default";
  const results = ends.map((pair) => (isDefault ? defaultResult(from, to, pair) : createdResult(from, to, pair)));
  return { status: isDefault ? 200 : 201, body: { status: "COMPLETE", results, ...at(portal) }, rows: ends.length };
}

function readAssociations(
  portal: Portal,
  from: ObjectStore,
  to: ObjectStore,
  inputs: readonly Record<string, unknown>[],
): Answer {
  const results = inputs.flatMap((input) => {
    const id = from.byId(String(input.id))?.id ?? null;
    const ids = id === null ? undefined : portal.associations.get(`${from.kind.name}/${id}/${to.kind.name}`);
    if (ids === undefined) return [];
    const spec = { category: "HUBSPOT_DEFINED", typeId: typeIdOf(from, to), label: null };
    return [{ from: { id }, to: [...ids].map((toObjectId) => ({ toObjectId, associationTypes: [spec] })) }];
  });
  return { status: 200, body: { status: "COMPLETE", results, ...at(portal) }, rows: inputs.length };
}

function createdResult(from: ObjectStore, to: ObjectStore, ends: Ends): object {
  return {
    fromObjectTypeId: from.kind.objectTypeId,
    fromObjectId: ends.from,
    toObjectTypeId: to.kind.objectTypeId,
    toObjectId: ends.to,
    labels: [],
  };
}

function defaultResult(from: ObjectStore, to: ObjectStore, ends: Ends): object {
  return {
    from: { id: ends.from },
    to: { id: ends.to },
    associationSpec: { associationCategory: "HUBSPOT_DEFINED", associationTypeId: typeIdOf(from, to) },
  };
}

function typeIdOf(from: ObjectStore, to: ObjectStore): number {
  return TYPE_IDS[`${from.kind.name} ${to.kind.name}`] ?? 1;
}

function idOf(end: unknown): string | null {
  const id = typeof end === "object" && end !== null && "id" in end ? end.id : null;
  return typeof id === "string" || typeof id === "number" ? String(id) : null;
}

function at(portal: Portal): { startedAt: string; completedAt: string } {
  const now = new Date(portal.clock.now()).toISOString();
  return { startedAt: now, completedAt: now };
}
