import http from "node:http";
import { salesforceConfig } from "../../../connectors/salesforce/config.ts";
import { openSalesforce } from "../../../connectors/salesforce/destination.ts";
import { realClock } from "../../contract/destination/real-clock.ts";

export type Script = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** An object goes as JSON. */
  readonly body?: unknown;
  /** Instead of an answer. */
  readonly act?: (request: http.IncomingMessage, response: http.ServerResponse) => void;
};

type Json = Readonly<Record<string, unknown>>;
/** What is looked at in bodies: the records of a write, the form of a login. */
export type Body = {
  readonly records: readonly (Json & { readonly id: string; readonly LastName: string })[];
  readonly grant_type: string;
  readonly assertion: string;
};

export type Seen = {
  readonly method: string;
  /** With the query, decoded. */
  readonly path: string;
  readonly rawPath: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly body: Body;
};

export const ORG = "00D5g000004abcdEAA";

const field = (name: string, type: string, more: object = {}) => ({
  name,
  type,
  label: name,
  length: ["string", "email", "textarea"].includes(type) ? 80 : 0,
  createable: true,
  updateable: true,
  nillable: true,
  defaultedOnCreate: false,
  unique: false,
  externalId: false,
  idLookup: false,
  filterable: true,
  caseSensitive: false,
  restrictedPicklist: false,
  picklistValues: [],
  referenceTo: [],
  relationshipName: null,
  ...more,
});

const readOnly = { createable: false, updateable: false };
const option = (value: string, active = true) => ({ value, active, label: value });
const parentOf = (relationshipName: string, ...referenceTo: string[]) => ({ relationshipName, referenceTo });
const SYSTEM = [
  field("Id", "id", { ...readOnly, nillable: false, idLookup: true, caseSensitive: true }),
  field("CreatedDate", "datetime", readOnly),
  field("OwnerId", "reference", { nillable: false, defaultedOnCreate: true, ...parentOf("Owner", "Group", "User") }),
];

export const DESCRIPTIONS: Readonly<Record<string, unknown>> = {
  Contact: {
    name: "Contact",
    fields: [
      ...SYSTEM,
      field("LastName", "string", { nillable: false }),
      field("Email", "email", { idLookup: true }),
      field("Number__c", "string", { externalId: true, unique: true, idLookup: true }),
      field("Code__c", "string", { externalId: true, unique: true, idLookup: true, caseSensitive: true }),
      field("Old_Key__c", "string", { externalId: true, idLookup: true }),
      field("Score__c", "double"),
      field("Vip__c", "boolean", { nillable: false, defaultedOnCreate: true }),
      field("Birthdate", "date"),
      field("Seen__c", "datetime"),
      field("Colours__c", "multipicklist", {
        restrictedPicklist: true,
        picklistValues: [option("red"), option("blue")],
      }),
      field("Stage__c", "picklist", { restrictedPicklist: true, picklistValues: [option("a"), option("old", false)] }),
      field("Source__c", "picklist", { picklistValues: [option("Web")] }),
      field("Notes__c", "textarea", { length: 32_768, filterable: false }),
      field("Joined__c", "date", { updateable: false }),
      field("AccountId", "reference", parentOf("Account", "Account")),
      field("RecordTypeId", "reference", parentOf("RecordType", "RecordType")),
      field("MasterRecordId", "reference", { ...readOnly, ...parentOf("MasterRecord", "Contact") }),
    ],
    recordTypeInfos: [
      { developerName: "Master", recordTypeId: "012000000000000AAA", master: true, available: true, active: true },
      { developerName: "Buyer", recordTypeId: "0125g000000aaaaAAA", master: false, available: true, active: true },
      { developerName: "Hidden", recordTypeId: "0125g000000bbbbAAA", master: false, available: false, active: true },
    ],
    childRelationships: [
      { childSObject: "Case", cascadeDelete: false, field: "ContactId" },
      { childSObject: "ContactFeed", cascadeDelete: true, field: "ParentId" },
      { childSObject: "CampaignMember", cascadeDelete: true, field: "ContactId" },
    ],
  },
  Account: {
    name: "Account",
    fields: [
      ...SYSTEM,
      field("Name", "string", { nillable: false }),
      field("Number__c", "string", { externalId: true, unique: true, idLookup: true }),
      field("Serial__c", "double", { externalId: true, unique: true, idLookup: true }),
    ],
    recordTypeInfos: [],
    childRelationships: [
      { childSObject: "Contact", cascadeDelete: true, field: "AccountId" },
      { childSObject: "Opportunity", cascadeDelete: true, field: "AccountId" },
      { childSObject: "AccountShare", cascadeDelete: true, field: "AccountId" },
    ],
  },
  User: { name: "User", fields: [...SYSTEM, field("Username", "string", { idLookup: true })] },
  Lead: {
    name: "Lead",
    fields: [...SYSTEM, field("Email", "email", { idLookup: true }), field("IsConverted", "boolean", readOnly)],
  },
};

/** What contacts of the record type Buyer are offered. */
const PICKLISTS = {
  picklistFieldValues: {
    Colours__c: { values: [{ value: "red" }] },
    Stage__c: { values: [{ value: "a" }] },
    Source__c: { values: [] },
  },
};

/** Gives tokens, descriptions and picklist values by itself; answers all other calls in order with what it is given. */
export async function scriptedServer() {
  const scripts: Script[] = [];
  const logins: Script[] = [];
  const seen: Seen[] = [];
  const asked: Seen[] = [];
  let tokens = 0;
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const rawPath = request.url ?? "";
    const path = decodeURIComponent(rawPath).replace(/^\/services\/data\/v67\.0/, "");
    const isToken = rawPath === "/services/oauth2/token";
    const body = isToken ? Object.fromEntries(new URLSearchParams(text)) : text && JSON.parse(text);
    const call: Seen = { method: request.method ?? "", path, rawPath, headers: request.headers, text, body };
    if (isToken) {
      asked.push(call);
      const script = logins.shift() ?? { body: tokenReply(`token-${++tokens}`) };
      return script.act === undefined ? answer(response, script) : script.act(request, response);
    }
    const described = DESCRIPTIONS[/^\/sobjects\/(\w+)\/describe$/.exec(path)?.[1] ?? ""];
    if (described !== undefined && scripts.length === 0) return answer(response, { body: described });
    if (path.startsWith("/ui-api/") && scripts.length === 0) return answer(response, { body: PICKLISTS });
    seen.push(call);
    const script = scripts.shift() ?? { status: 500, body: [{ message: "the script is over", errorCode: "OVER" }] };
    if (script.act !== undefined) return script.act(request, response);
    answer(response, script);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  const tokenReply = (token: string) => ({
    access_token: token,
    instance_url: url,
    id: `${url}/id/${ORG}/0055g00000xyzzyAAA`,
    token_type: "Bearer",
  });
  return {
    url,
    tokenReply,
    /** What comes in the next calls, descriptions included. */
    script: (...next: Script[]) => void scripts.push(...next),
    /** What comes in the next logins. */
    login: (...next: Script[]) => void logins.push(...next),
    /** Calls that were scripted. */
    seen,
    /** Logins. */
    asked,
    connections: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: http.ServerResponse, script: Script): void {
  const isText = typeof script.body === "string";
  response.writeHead(script.status ?? 200, { "content-type": "application/json;charset=UTF-8", ...script.headers });
  response.end(script.body === undefined ? "" : isText ? script.body : JSON.stringify(script.body));
}

/** A connector that speaks to `url`, with client credentials where nothing else is said. */
export function openAt(url: string, config: object = {}, deadlineMs?: number) {
  const auth = { flow: "client_credentials", client_id: "app", client_secret: "secret-canary" };
  return openSalesforce(salesforceConfig.parse({ login_url: url, auth, ...config }), {
    clock: realClock,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
}
