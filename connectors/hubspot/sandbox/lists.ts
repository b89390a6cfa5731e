import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import { findObject, type MembershipList, type Portal } from "./portal.ts";
import { invalid, notFound, type Refusal } from "./refusal.ts";

/** `POST /crm/v3/lists {name, objectTypeId, processingType}`. */
export function createList(portal: Portal, call: Call): Answer | Refusal {
  const { name, objectTypeId, processingType } = (call.body ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || typeof objectTypeId !== "string" || findObject(portal, objectTypeId) === null) {
    return invalid("Invalid input JSON: Some required fields were not set: [name, objectTypeId, processingType]");
  }
  if (processingType !== "MANUAL" && processingType !== "SNAPSHOT" && processingType !== "DYNAMIC") {
    return invalid("processingType must be MANUAL, SNAPSHOT or DYNAMIC");
  }
  portal.lastListId++;
  const listId = String(portal.lastListId);
  const list: MembershipList = { listId, name, objectTypeId, processingType, members: new Set() };
  portal.lists.set(listId, list);
  return { status: 200, body: { list: listBody(list) } };
}

/** `GET /crm/v3/lists/{id}` and its `/memberships`. */
export function readList(portal: Portal, listId: string, memberships: boolean): Answer | Refusal {
  const list = portal.lists.get(listId);
  if (list === undefined) return notFound(`List ${listId} does not exist`);
  if (!memberships) return { status: 200, body: { list: listBody(list) } };
  const results = [...list.members].map((recordId) => ({ recordId }));
  return { status: 200, body: { results, total: results.length } };
}

/** `PUT /crm/v3/lists/{id}/memberships/add-and-remove`: ids that are not there come back, they are no error. */
export function changeMembers(portal: Portal, listId: string, call: Call): Answer | Refusal {
  const list = portal.lists.get(listId);
  if (list === undefined) return notFound(`List ${listId} does not exist`);
  if (list.processingType === "DYNAMIC") return invalid(`List ${listId} is DYNAMIC: its members cannot be set`);
  const { recordIdsToAdd, recordIdsToRemove } = (call.body ?? {}) as Record<string, unknown>;
  const store = findObject(portal, list.objectTypeId);
  const added: string[] = [];
  const removed: string[] = [];
  const missing: string[] = [];
  for (const id of idsOf(recordIdsToAdd)) {
    const record = store?.byId(id) ?? null;
    if (record === null || record.archivedAt !== null) missing.push(id);
    else if (!list.members.has(record.id)) {
      list.members.add(record.id);
      added.push(record.id);
    }
  }
  for (const id of idsOf(recordIdsToRemove)) if (list.members.delete(id)) removed.push(id);
  const body = { recordsIdsAdded: added, recordIdsRemoved: removed, recordIdsMissing: missing };
  return { status: 200, body, rows: idsOf(recordIdsToAdd).length + idsOf(recordIdsToRemove).length };
}

function idsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function listBody(list: MembershipList): object {
  const { members, ...rest } = list;
  return { ...rest, size: members.size };
}
