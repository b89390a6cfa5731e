import type { Answer } from "../../../src/kit/sandbox/call.ts";
import { unusableIdProperty } from "./batch-input.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Portal } from "./portal.ts";
import { invalid, type Refusal } from "./refusal.ts";
import { additionalEmails, canonicalUnique } from "./unique-index.ts";

/**
 * `POST /crm/v3/objects/contacts/gdpr-delete {objectId, idProperty}` → 204. The record is gone for good and its address
 * barred: no later create or update may use it. An address that nobody has is barred too.
 */
export function gdprDeleteCall(portal: Portal, store: ObjectStore, body: unknown): Answer | Refusal {
  const { objectId, idProperty } = (body ?? {}) as Record<string, unknown>;
  if (typeof objectId !== "string" || objectId === "") {
    return invalid("Invalid input JSON on line 1, column 2: Some required fields were not set: [objectId]");
  }
  const by = typeof idProperty === "string" && idProperty !== "" ? idProperty : null;
  const refusal = unusableIdProperty(store, [by]);
  if (refusal !== null) return refusal;
  const record = by === null || by === "hs_object_id" ? store.byId(objectId) : store.byUnique(by, objectId);
  if (by === "email") portal.blocked.add(canonicalUnique(objectId));
  if (record !== null) {
    if (record.properties.email) portal.blocked.add(canonicalUnique(record.properties.email));
    for (const address of additionalEmails(record.properties)) portal.blocked.add(address);
    store.remove(record);
  }
  return { status: 204, body: null, rows: 1 };
}
