import type { RemoteField } from "../../src/contract/destination.ts";
import { type ParentField, RECORD_TYPE_NAME, type Relationship, type SalesforceObject } from "./describe.ts";

/** A field of a parent that a sync names: `Account.Number__c`, or `Owner:User.Username` where there are several kinds of parent. */
export type NamedParent = {
  readonly name: string;
  readonly relationship: string;
  readonly object: string;
  readonly field: string;
  readonly idField: string;
  readonly isPolymorphic: boolean;
};

const PATH = /^(\w+)(?::(\w+))?\.(\w+)$/;

/** The parents' fields among the names that a sync uses. Paths that lead nowhere are left out: they stay unknown fields. */
export function namedParents(object: SalesforceObject, names: readonly string[]): readonly NamedParent[] {
  return [...new Set(names)].flatMap((name) => {
    const [, relationship = "", kind, field = ""] = PATH.exec(name) ?? [];
    if (name === RECORD_TYPE_NAME) return [];
    const leads = object.relationships.get(relationship.toLowerCase());
    const parent = leads === undefined ? null : parentObject(leads, kind);
    if (leads === undefined || parent === null) return [];
    const isPolymorphic = leads.objects.length > 1;
    return [{ name, relationship, object: parent, field, idField: leads.idField, isPolymorphic }];
  });
}

function parentObject({ objects }: Relationship, kind: string | undefined): string | null {
  const [only] = objects;
  if (kind === undefined) return objects.length === 1 && only !== undefined ? only : null;
  return objects.find((name) => name.toLowerCase() === kind.toLowerCase()) ?? null;
}

/** The object with the fields of its parents that a sync names; `described` holds every parent's object by name. */
export function withParents(
  object: SalesforceObject,
  named: readonly NamedParent[],
  described: ReadonlyMap<string, SalesforceObject>,
): SalesforceObject {
  const fields = new Map(object.fields);
  const parents = new Map<string, ParentField>();
  for (const one of named) {
    const field = described.get(one.object)?.fields.get(one.field);
    const idField = fields.get(one.idField);
    if (field === undefined || idField === undefined) continue;
    parents.set(one.name, { ...one, field });
    fields.set(one.name, parentField(one, field, idField));
    // The parent may be given by either.
    fields.set(one.idField, { ...idField, required: false });
  }
  return { ...object, fields, parents };
}

/** Only an external id or an id lookup field names a parent; others can be looked up, not written. */
function parentField(named: NamedParent, field: RemoteField, idField: RemoteField): RemoteField {
  const names = field.upsertKey;
  return {
    name: named.name,
    type: field.type === "text" ? "reference" : field.type,
    vendorType: names ? `${named.object} by ${field.name}` : `${field.vendorType} of ${named.object}`,
    creatable: names && idField.creatable,
    updatable: names && idField.updatable,
    required: names && idField.required,
    unique: false,
    upsertKey: false,
    // SOQL reaches fields of one kind of parent only.
    findable: field.findable && !named.isPolymorphic,
    options: null,
    maxLength: field.maxLength,
    matchForm: field.matchForm,
  };
}
