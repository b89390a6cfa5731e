import { Fault } from "../../../src/contract/fault.ts";
import { objectStore } from "./object-store.ts";
import type { Portal } from "./portal.ts";
import type { Property } from "./property.ts";
import type { ObjectKind } from "./standard-properties.ts";
import type { StoredRecord } from "./stored-record.ts";

const FORMAT = "sluice-hubspot-sandbox-1";

type KeptRecord = Pick<StoredRecord, "id" | "properties" | "createdAt" | "updatedAt" | "archivedAt">;
type KeptObject = { kind: ObjectKind; properties: Property[]; records: KeptRecord[]; aliases: [string, string][] };
type KeptList = { listId: string; name: string; objectTypeId: string; processingType: "MANUAL"; members: string[] };
type Kept = {
  format: string;
  lastId: number;
  lastListId: number;
  blocked: string[];
  objects: KeptObject[];
  lists: KeptList[];
  associations: [string, string[]][];
};

/** Everything of the portal that a data file keeps; its id is not among it, that follows from seed and port. */
export function portalSnapshot(portal: Portal): unknown {
  return {
    format: FORMAT,
    lastId: portal.lastId,
    lastListId: portal.lastListId,
    blocked: [...portal.blocked],
    objects: [...portal.objects.values()].map((store) => ({
      kind: store.kind,
      properties: [...store.properties.values()],
      records: store.records.map(({ indexed: _, indexedAtMs: __, ...record }) => record),
      aliases: [...store.aliases].map(([oldId, record]) => [oldId, record.id]),
    })),
    lists: [...portal.lists.values()].map((list) => ({ ...list, members: [...list.members] })),
    associations: [...portal.associations].map(([key, ids]) => [key, [...ids]]),
  };
}

/** Replaces the portal's content. Throws a Fault USAGE where `snapshot` is none of `portalSnapshot`'s. */
export function restorePortal(portal: Portal, snapshot: unknown): void {
  const kept = snapshot as Kept;
  if (typeof snapshot !== "object" || snapshot === null || kept.format !== FORMAT) {
    throw new Fault("USAGE", `the data file is no file of the HubSpot sandbox (format ${FORMAT})`, {
      fix: "name another file, or remove this one to start empty",
    });
  }
  portal.lastId = kept.lastId;
  portal.lastListId = kept.lastListId;
  portal.objects.clear();
  for (const { kind, properties, records, aliases } of kept.objects) {
    const store = objectStore(kind, new Map(properties.map((it) => [it.name, it])));
    for (const record of records) store.insert({ ...record, indexed: null, indexedAtMs: 0 });
    for (const [oldId, id] of aliases) {
      const record = store.byId(id);
      if (record !== null) store.alias(oldId, record);
    }
    portal.objects.set(kind.name, store);
  }
  for (const address of kept.blocked) portal.blocked.add(address);
  for (const list of kept.lists) portal.lists.set(list.listId, { ...list, members: new Set(list.members) });
  for (const [key, ids] of kept.associations) portal.associations.set(key, new Set(ids));
}
