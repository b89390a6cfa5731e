import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import { accountDetails, ownersCall, pipelinesCall } from "./account-calls.ts";
import { associationCall } from "./associations.ts";
import { type BatchCalls, batchCalls } from "./batch-calls.ts";
import { gdprDeleteCall } from "./gdpr-delete.ts";
import { changeMembers, createList, readList } from "./lists.ts";
import { mergeCall } from "./merge.ts";
import { type ObjectCalls, objectCalls } from "./object-calls.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject, type Portal } from "./portal.ts";
import { invalid, notFound, type Refusal } from "./refusal.ts";
import { createProperty, createSchema, listProperties, listSchemas, readProperty, readSchema } from "./schema-calls.ts";
import { searchCall } from "./search.ts";
import type { RecordWriter } from "./write-record.ts";

type Reply = Answer | Refusal;
type Parts = { readonly portal: Portal; readonly batch: BatchCalls; readonly single: ObjectCalls };

/** Answers HubSpot's own calls; the paths are those of v3 (v4 for associations), which the client library uses. */
export function routes(portal: Portal, writer: RecordWriter): (call: Call) => Reply {
  const parts: Parts = { portal, batch: batchCalls(portal, writer), single: objectCalls(portal, writer) };
  return (call) => {
    const [area, version, topic, ...rest] = call.path.split("/").slice(1).map(decoded);
    switch (`${area}/${version}/${topic}`) {
      case "crm/v3/objects":
        return withObject(portal, rest[0], (store) => onObjects(parts, call, store, rest.slice(1)));
      case "crm/v3/properties":
        return withObject(portal, rest[0], (store) => onProperties(call, store, rest[1]));
      case "crm/v3/schemas":
        return onSchemas(portal, call, rest[0]);
      case "crm/v3/lists":
        return onLists(portal, call, rest);
      case "crm/v4/associations":
        return onAssociations(portal, call, rest);
      case "crm/v3/owners":
        return by(call, { GET: () => ownersCall(call) });
      case "crm/v3/pipelines":
        return by(call, { GET: () => pipelinesCall(rest[0] ?? "") });
      case "account-info/v3/details":
        return by(call, { GET: () => accountDetails(portal) });
      default:
        return notFound();
    }
  };
}

function onObjects({ portal, batch, single }: Parts, call: Call, store: ObjectStore, rest: readonly string[]): Reply {
  const [first, second, ...more] = rest;
  if (first === undefined) {
    return by(call, { GET: () => single.list(store, call), POST: () => single.create(store, call) });
  }
  if (more.length > 0) return notFound();
  if (second !== undefined) {
    if (first !== "batch" || !isBatchAction(second)) return notFound();
    return by(call, { POST: () => batch[second](store, call.body) });
  }
  if (first === "search") return by(call, { POST: () => searchCall(portal, store, call.body) });
  if (first === "merge") return by(call, { POST: () => mergeCall(portal, store, call.body) });
  if (first === "gdpr-delete" && store.kind.name === "contacts") {
    return by(call, { POST: () => gdprDeleteCall(portal, store, call.body) });
  }
  return by(call, {
    GET: () => single.read(store, first, call),
    PATCH: () => single.update(store, first, call),
    DELETE: () => single.archive(store, first),
  });
}

function onProperties(call: Call, store: ObjectStore, name: string | undefined): Reply {
  if (name !== undefined) return by(call, { GET: () => readProperty(store, name) });
  return by(call, { GET: () => listProperties(store), POST: () => createProperty(store, call) });
}

function onSchemas(portal: Portal, call: Call, type: string | undefined): Reply {
  if (type !== undefined) return by(call, { GET: () => readSchema(portal, type) });
  return by(call, { GET: () => listSchemas(portal), POST: () => createSchema(portal, call) });
}

function onLists(portal: Portal, call: Call, rest: readonly string[]): Reply {
  const [listId, memberships, action] = rest;
  if (listId === undefined) return by(call, { POST: () => createList(portal, call) });
  if (action === "add-and-remove") return by(call, { PUT: () => changeMembers(portal, listId, call) });
  return by(call, { GET: () => readList(portal, listId, memberships === "memberships") });
}

function onAssociations(portal: Portal, call: Call, rest: readonly string[]): Reply {
  const [from, to, word, ...action] = rest;
  const name = action.join("/");
  if (word !== "batch" || !["create", "associate/default", "read"].includes(name)) return notFound();
  return by(call, {
    POST: () =>
      withObject(portal, from, (source) =>
        withObject(portal, to, (target) => associationCall(portal, source, target, name, call.body)),
      ),
  });
}

function by(call: Call, methods: Readonly<Record<string, () => Reply>>): Reply {
  const answer = methods[call.method];
  if (answer !== undefined) return answer();
  return { status: 405, category: "METHOD_NOT_ALLOWED", message: `${call.method} is not allowed for ${call.path}` };
}

function withObject(portal: Portal, type: string | undefined, then: (store: ObjectStore) => Reply): Reply {
  const store = findObject(portal, type ?? "");
  return store === null ? invalid(`Unable to infer object type from: ${type ?? ""}`) : then(store);
}

const BATCH_ACTIONS = ["create", "read", "update", "upsert", "archive"] as const;

function isBatchAction(text: string): text is (typeof BATCH_ACTIONS)[number] {
  return BATCH_ACTIONS.some((action) => action === text);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
