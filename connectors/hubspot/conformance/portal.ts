import type { Clock } from "../../../src/contract/clock.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { parseJson, record, records, text } from "../../../src/kit/json.ts";
import type { HubspotConfig } from "../config.ts";

type Json = Readonly<Record<string, unknown>>;

export type PortalAnswer = { readonly status: number; readonly body: Json; readonly headers: Headers };

/** A portal as the probes see it: plain HTTP, without our connector's own reading of the answers. */
export interface Portal {
  readonly object: string;
  readonly label: string;
  /** Properties by name. */
  readonly properties: ReadonlyMap<string, Json>;
  /** The text property that shows whose the record is. */
  readonly nameProperty: string;
  call(method: string, path: string, signal: AbortSignal, body?: unknown): Promise<PortalAnswer>;
  /** `POST /crm/v3/objects/{object}/batch/{action}`; records that come back are remembered for the cleaning. */
  batch(action: string, inputs: readonly unknown[], signal: AbortSignal, more?: object): Promise<PortalAnswer>;
  /** One value a call, never the same twice: "sluice-conformance-…". */
  unique(): string;
  readonly made: Set<string>;
}

const HOME = "https://api.hubapi.com";
const DEADLINE_MS = 30_000;
/** What shows in lists of the object (developers.hubspot.com, default properties). */
const NAMES: Readonly<Record<string, string>> = {
  contacts: "firstname",
  companies: "name",
  deals: "dealname",
  tickets: "subject",
};

export async function openPortal(config: HubspotConfig, clock: Clock, object: string): Promise<Portal> {
  const base = (config.base_url ?? HOME).replace(/\/+$/, "");
  const call = async (method: string, path: string, signal: AbortSignal, body?: unknown): Promise<PortalAnswer> => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${config.access_token}`, "content-type": "application/json" };
    const until = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    const asking = fetch(base + path, { method, headers, redirect: "error", signal: until, ...init });
    const answer = await asking.catch((cause: unknown) => {
      throw new Fault("DESTINATION_UNREACHABLE", `${method} ${path}: ${new URL(base).host} cannot be reached`, {
        fix: "check base_url of the connection, or start the sandbox",
        cause,
      });
    });
    return { status: answer.status, headers: answer.headers, body: record(parseJson(await answer.text())) ?? {} };
  };
  const signal = new AbortController().signal;
  const about = await expectOk(call("GET", "/account-info/v3/details", signal), "asking for the account");
  const described = await expectOk(call("GET", `/crm/v3/properties/${object}`, signal), `describing ${object}`);
  const properties = new Map(records(described.body.results).map((one) => [text(one.name) ?? "", one]));
  const made = new Set<string>();
  const run = `${clock.now().toString(36)}-${Math.floor(clock.monotonicMs()).toString(36)}`;
  let uniques = 0;
  return {
    object,
    label: `HubSpot portal ${String(about.body.portalId)}`,
    properties,
    nameProperty: NAMES[object] ?? firstText(properties) ?? "name",
    call,
    batch: async (action, inputs, until, more = {}) => {
      const answer = await call("POST", `/crm/v3/objects/${object}/batch/${action}`, until, { inputs, ...more });
      if (action === "create" || action === "upsert")
        for (const result of records(answer.body.results)) made.add(String(result.id));
      return answer;
    },
    unique: () => `sluice-conformance-${run}-${++uniques}`,
    made,
  };
}

async function expectOk(asking: Promise<PortalAnswer>, what: string): Promise<PortalAnswer> {
  const answer = await asking;
  if (answer.status < 300) return answer;
  throw new Fault(
    answer.status === 401 ? "AUTH_REFUSED" : "DESTINATION_REFUSED",
    `${what}: ${answer.status} ${String(answer.body.message ?? "")}`,
    {
      fix: "check the connection with `sluice check --connect`",
    },
  );
}

function firstText(properties: ReadonlyMap<string, Json>): string | null {
  for (const [name, property] of properties) {
    const isReadOnly = record(property.modificationMetadata)?.readOnlyValue === true;
    if (property.type === "string" && !isReadOnly && !name.startsWith("hs_")) return name;
  }
  return null;
}
