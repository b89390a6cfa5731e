import type { Clock, Random } from "../../../src/contract/clock.ts";
import { mixedSeed } from "../../../src/kit/sandbox/seeded-random.ts";
import { type ObjectStore, objectStore } from "./object-store.ts";
import { CUSTOM_OBJECT_PROPERTIES, propertiesOf, STANDARD_OBJECTS } from "./standard-properties.ts";

export type MembershipList = {
  readonly listId: string;
  readonly name: string;
  readonly objectTypeId: string;
  readonly processingType: "MANUAL" | "SNAPSHOT" | "DYNAMIC";
  readonly members: Set<string>;
};

/** Everything one portal holds. */
export type Portal = {
  readonly id: number;
  readonly clock: Clock;
  readonly random: Random;
  /** By name as in paths: "contacts". */
  readonly objects: Map<string, ObjectStore>;
  /** Addresses that gdpr-delete has barred, in canonical form. */
  readonly blocked: Set<string>;
  readonly lists: Map<string, MembershipList>;
  /** "from type/from id/to type" → ids. */
  readonly associations: Map<string, Set<string>>;
  /** The last record id that was given out. */
  lastId: number;
  lastListId: number;
};

/** HubSpot gives an account the same number for ever; here it follows from where and how the sandbox was started. */
export function portalIdOf(seed: number, port: number): number {
  return 20_000_000 + (mixedSeed(seed, port) % 30_000_000);
}

export function emptyPortal(seed: number, port: number, clock: Clock, random: Random): Portal {
  const objects = new Map<string, ObjectStore>();
  for (const { kind, properties } of STANDARD_OBJECTS) {
    objects.set(kind.name, objectStore(kind, propertiesOf(properties, `${kind.singular.toLowerCase()}information`)));
  }
  return {
    id: portalIdOf(seed, port),
    clock,
    random,
    objects,
    blocked: new Set(),
    lists: new Map(),
    associations: new Map(),
    lastId: firstId(seed),
    lastListId: 0,
  };
}

function firstId(seed: number): number {
  return 100_000_000_000 + mixedSeed(seed) * 20;
}

/** Back to no records, no custom objects, standard properties only; the portal keeps its id. */
export function clearPortal(portal: Portal, seed: number): void {
  const fresh = emptyPortal(seed, 0, portal.clock, portal.random);
  portal.objects.clear();
  for (const [name, store] of fresh.objects) portal.objects.set(name, store);
  portal.blocked.clear();
  portal.lists.clear();
  portal.associations.clear();
  portal.lastId = fresh.lastId;
  portal.lastListId = 0;
}

export function nextId(portal: Portal): string {
  portal.lastId++;
  return String(portal.lastId);
}

/** By plural, singular, type id or fully qualified name, as HubSpot takes them in paths. */
export function findObject(portal: Portal, name: string): ObjectStore | null {
  const asGiven = portal.objects.get(name);
  if (asGiven !== undefined) return asGiven;
  const wanted = name.toLowerCase();
  for (const store of portal.objects.values()) {
    const { kind } = store;
    if (kind.objectTypeId === wanted || kind.name === wanted || kind.singular.toLowerCase() === wanted) return store;
    if (kind.isCustom && qualifiedName(portal, store) === wanted) return store;
  }
  return null;
}

export function qualifiedName(portal: Portal, store: ObjectStore): string {
  return `p${portal.id}_${store.kind.name}`;
}

export function addCustomObject(
  portal: Portal,
  name: string,
  labels: { singular: string; plural: string },
): ObjectStore {
  const number = 1 + [...portal.objects.values()].filter((store) => store.kind.isCustom).length;
  const store = objectStore(
    {
      objectTypeId: `2-${(portal.id % 100_000) * 1_000 + number}`,
      name,
      singular: labels.singular,
      plural: labels.plural,
      createdProperty: "hs_createdate",
      modifiedProperty: "hs_lastmodifieddate",
      defaults: [],
      isCustom: true,
    },
    propertiesOf(CUSTOM_OBJECT_PROPERTIES, `${name}_information`),
  );
  portal.objects.set(name, store);
  return store;
}
