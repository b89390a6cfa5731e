import { describeField } from "./describe-field.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject, MASTER_RECORD_TYPE, type Org } from "./org.ts";
import type { StoredRecord } from "./stored-record.ts";

/** `GET sobjects/`. */
export function describeGlobal(org: Org, version: string): unknown {
  const sobjects = [...org.objects.values()].map((store) => summary(store, version));
  return { encoding: "UTF-8", maxBatchSize: 200, sobjects };
}

/** `GET sobjects/{Object}`. */
export function basicInformation(store: ObjectStore, version: string): unknown {
  return { objectDescribe: summary(store, version), recentItems: [] };
}

/** `GET sobjects/{Object}/describe`. Fields that the integration user must not see are not there. */
export function describeObject(org: Org, store: ObjectStore, version: string): unknown {
  const { urls, ...rest } = summary(store, version);
  return {
    actionOverrides: [],
    ...rest,
    childRelationships: childRelationships(org, store),
    compactLayoutable: true,
    fields: [...store.fields.values()].filter((it) => it.isVisible).map((it) => describeField(org, it)),
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: recordTypeInfos(org, store, version),
    searchLayoutable: true,
    supportedScopes: [{ label: "All", name: "everything" }],
    urls,
  };
}

/** The living record types of one object. */
export function recordTypesOf(org: Org, store: ObjectStore): readonly StoredRecord[] {
  const types = findObject(org, "RecordType")?.records ?? [];
  return types.filter(({ values }) => values.SobjectType === store.kind.name && values.IsDeleted !== true);
}

function summary(store: ObjectStore, version: string) {
  const { name, label, labelPlural, keyPrefix, isCustom, isWritable } = store.kind;
  const base = `/services/data/${version}/sobjects/${name}`;
  return {
    activateable: false,
    createable: isWritable,
    custom: isCustom,
    customSetting: false,
    deletable: isWritable,
    deprecatedAndHidden: false,
    feedEnabled: false,
    hasSubtypes: false,
    keyPrefix,
    label,
    labelPlural,
    layoutable: true,
    mergeable: store.fields.has("MasterRecordId"),
    mruEnabled: true,
    name,
    queryable: true,
    replicateable: true,
    retrieveable: true,
    searchable: true,
    triggerable: true,
    undeletable: isWritable,
    updateable: isWritable,
    urls: {
      sobject: base,
      describe: `${base}/describe`,
      rowTemplate: `${base}/{ID}`,
      layouts: `${base}/describe/layouts`,
    },
  };
}

function childRelationships(org: Org, store: ObjectStore): unknown[] {
  return [...org.objects.values()].flatMap((child) =>
    [...child.fields.values()]
      .filter((it) => it.isVisible && it.referenceTo.includes(store.kind.name))
      .map((it) => ({
        cascadeDelete: it.onParentDeleted === "cascade",
        childSObject: child.kind.name,
        deprecatedAndHidden: false,
        field: it.name,
        junctionIdListNames: [],
        junctionReferenceTo: [],
        relationshipName: it.childRelationship,
        restrictedDelete: it.onParentDeleted === "restrict",
      })),
  );
}

function recordTypeInfos(org: Org, store: ObjectStore, version: string): unknown[] {
  if (!store.fields.has("RecordTypeId")) return [];
  const types = recordTypesOf(org, store);
  const layouts = `/services/data/${version}/sobjects/${store.kind.name}/describe/layouts`;
  const infos = types.map(({ id, values }) => ({
    active: values.IsActive === true,
    available: values.IsActive === true,
    defaultRecordTypeMapping: false,
    developerName: values.DeveloperName,
    master: false,
    name: values.Name,
    recordTypeId: id,
    urls: { layout: `${layouts}/${id}` },
  }));
  const master = {
    active: true,
    available: true,
    defaultRecordTypeMapping: true,
    developerName: "Master",
    master: true,
    name: "Master",
    recordTypeId: MASTER_RECORD_TYPE,
    urls: { layout: `${layouts}/${MASTER_RECORD_TYPE}` },
  };
  return [...infos, master];
}
