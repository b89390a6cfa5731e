import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import { collectionCall } from "./collections.ts";
import { basicInformation, describeGlobal, describeObject } from "./describe-object.ts";
import type { Limits } from "./limits.ts";
import { identityCall, revokeCall, tokenCall, userInfoCall } from "./oauth.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject, type Org } from "./org.ts";
import { picklistValuesCall } from "./picklist-values.ts";
import type { QueryCalls } from "./query-calls.ts";
import { retrieveCall } from "./retrieve-records.ts";
import { callError, notFound } from "./row-error.ts";
import type { Sessions } from "./sessions.ts";
import { createCall, keyCall, recordCall } from "./single-record.ts";

export type RouteParts = {
  readonly org: Org;
  /** This server's own. */
  readonly url: string;
  readonly sessions: Sessions;
  readonly limits: Limits;
  readonly queries: QueryCalls;
};

const VERSION = /^v(\d+)\.0$/;
const FIRST_VERSION = 50;
/** Summer '26. */
const LAST_VERSION = 67;
export const TOKEN_PATH = "/services/oauth2/token";

/** Answers Salesforce's own calls. */
export function routes(parts: RouteParts): (call: Call) => Answer {
  const { org, url, sessions } = parts;
  return (call) => {
    const [area, topic, ...rest] = call.path
      .split("/")
      .filter((part) => part !== "")
      .map(decoded);
    if (area === "id") {
      const user = findObject(org, "User")?.byId(rest[0] ?? "") ?? null;
      return by(call, { GET: () => (user === null ? notFound() : identityCall(org, url, user)) });
    }
    if (area !== "services") return notFound();
    if (topic === "oauth2" && rest[0] === "token") return by(call, { POST: () => tokenCall(org, sessions, url, call) });
    if (topic === "oauth2" && rest[0] === "revoke") return by(call, { POST: () => revokeCall(sessions, call) });
    if (topic === "oauth2" && rest[0] === "userinfo") {
      return by(call, { GET: () => userInfoCall(org, url), POST: () => userInfoCall(org, url) });
    }
    if (topic !== "data") return notFound();
    const [version, resource, ...path] = rest;
    if (version === undefined) return by(call, { GET: () => ({ status: 200, body: versions() }) });
    const number = Number(VERSION.exec(version)?.[1] ?? 0);
    if (number < FIRST_VERSION || number > LAST_VERSION) return notFound();
    return onVersion(parts, call, version, resource, path);
  };
}

function onVersion(
  parts: RouteParts,
  call: Call,
  version: string,
  resource: string | undefined,
  path: string[],
): Answer {
  const { org, limits, queries } = parts;
  switch (resource) {
    case undefined:
      return by(call, { GET: () => ({ status: 200, body: resources(version) }) });
    case "sobjects":
      return onObjects(org, call, version, path);
    case "composite":
      return path[0] === "sobjects" ? onCollections(org, call, version, path.slice(1)) : notFound();
    case "query":
    case "queryAll": {
      const locator = path[0];
      if (locator !== undefined) return by(call, { GET: () => queries.more(call, version, locator) });
      return by(call, { GET: () => queries.first(call, version, resource === "queryAll") });
    }
    case "limits":
      return by(call, { GET: () => ({ status: 200, body: limits.answer() }) });
    case "ui-api": {
      const [info, object, picklists, typeId = ""] = path;
      if (info !== "object-info" || picklists !== "picklist-values") return notFound();
      return withObject(org, object, (store) =>
        by(call, { GET: () => picklistValuesCall(org, store, typeId, version) }),
      );
    }
    default:
      return notFound();
  }
}

function onObjects(org: Org, call: Call, version: string, path: readonly string[]): Answer {
  const [object, second, ...more] = path;
  if (object === undefined) return by(call, { GET: () => ({ status: 200, body: describeGlobal(org, version) }) });
  return withObject(org, object, (store) => {
    const place = { org, call, store, version };
    if (second === undefined) {
      return by(call, {
        GET: () => ({ status: 200, body: basicInformation(store, version) }),
        POST: () => createCall(place),
      });
    }
    if (second === "describe" && more.length === 0) {
      return by(call, { GET: () => ({ status: 200, body: describeObject(org, store, version) }) });
    }
    const answer = () => (more.length === 0 ? recordCall(place, second) : keyCall(place, second, more.join("/")));
    return by(call, { GET: answer, PATCH: answer, DELETE: answer });
  });
}

function onCollections(org: Org, call: Call, version: string, path: readonly string[]): Answer {
  const [object, key] = path;
  const write = () => collectionCall(org, call, object, key);
  if (object === undefined) return by(call, { POST: write, PATCH: write, DELETE: write });
  if (key !== undefined) return by(call, { PATCH: write });
  return withObject(org, object, (store) => {
    const retrieve = () => retrieveCall(call, store, version);
    return by(call, { GET: retrieve, POST: retrieve });
  });
}

function by(call: Call, methods: Readonly<Record<string, () => Answer>>): Answer {
  const answer = methods[call.method];
  if (answer !== undefined) return answer();
  const message = `HTTP Method '${call.method}' not allowed. Allowed are ${Object.keys(methods).join(",")}`;
  return callError(405, "METHOD_NOT_ALLOWED", message);
}

function withObject(org: Org, name: string | undefined, then: (store: ObjectStore) => Answer): Answer {
  const store = findObject(org, name ?? "");
  return store === null ? notFound() : then(store);
}

/** Three a year: v50 was Winter '21. */
function versions(): unknown[] {
  const seasons = ["Winter", "Spring", "Summer"];
  return Array.from({ length: LAST_VERSION - FIRST_VERSION + 1 }, (_, step) => ({
    label: `${seasons[step % 3]} '${21 + Math.floor(step / 3)}`,
    url: `/services/data/v${FIRST_VERSION + step}.0`,
    version: `${FIRST_VERSION + step}.0`,
  }));
}

function resources(version: string): Record<string, string> {
  const names = ["sobjects", "query", "queryAll", "limits", "composite", "ui-api"];
  return Object.fromEntries(names.map((name) => [name, `/services/data/${version}/${name}`]));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
