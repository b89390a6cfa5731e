import type { Clock } from "../../../src/contract/clock.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { parseJson, record, records, text } from "../../../src/kit/json.ts";
import type { SalesforceConfig } from "../config.ts";
import { logIn, plainCall } from "./log-in.ts";

export type OrgAnswer = { readonly status: number; readonly body: unknown; readonly headers: Headers };

/** An org as the probes see it: plain HTTP, without our connector's own reading of the answers. */
export interface Org {
  readonly label: string;
  /** `path` is below `/services/data/vNN.0`. Faults: AUTH_REQUIRED, QUOTA_SPENT, DESTINATION_UNREACHABLE, CANCELLED. */
  call(method: string, path: string, signal: AbortSignal, body?: unknown): Promise<OrgAnswer>;
  /** One value a call, never the same twice: "sluice-…", at most 20 characters. */
  unique(): string;
  /** Ids of the records that the probes made, oldest first. */
  readonly made: Set<string>;
}

/** Alerts of duplicate rules would strike records that are alike on purpose; rules that block stay. */
const DUPLICATE_RULES = "allowSave=true";

/** Logs in and asks whose org it is; writes nothing. Faults: AUTH_REFUSED, DESTINATION_UNREACHABLE. */
export async function openOrg(config: SalesforceConfig, clock: Clock, signal: AbortSignal): Promise<Org> {
  const { token, server, orgId } = await logIn(config, clock, signal);
  const base = `${server}/services/data/v${config.api_version}`;
  const call: Org["call"] = async (method, path, until, body) => {
    const headers = new Headers();
    headers.set("authorization", `Bearer ${token}`);
    headers.set("accept", "application/json");
    headers.set("sforce-duplicate-rule-header", DUPLICATE_RULES);
    headers.set("sforce-auto-assign", "FALSE");
    if (body !== undefined) headers.set("content-type", "application/json; charset=UTF-8");
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const { status, headers: told, text: answer } = await plainCall(base + path, init, until);
    const read = { status, headers: told, body: parseJson(answer) };
    refuseAll(read);
    return read;
  };
  const run = clock.now().toString(36);
  let uniques = 0;
  return {
    label: await labelOf(call, orgId, signal),
    call,
    unique: () => `sluice-${run}-${++uniques}`,
    made: new Set(),
  };
}

/** What would make every probe fail for no fault of its own. */
function refuseAll({ status, body }: OrgAnswer): void {
  const error = records(body)[0];
  const words = `${String(error?.errorCode)}: ${String(error?.message)}`;
  if (status === 401) throw new Fault("AUTH_REQUIRED", `Salesforce ended the session: ${words}`, { fix: "try again" });
  if (status === 403 && error?.errorCode === "REQUEST_LIMIT_EXCEEDED")
    throw new Fault("QUOTA_SPENT", words, { fix: "try again when the org has calls left" });
}

/** With the kind of org, so that nobody tries things in the one they live off; not every user may ask for it. */
async function labelOf(call: Org["call"], orgId: string, signal: AbortSignal): Promise<string> {
  const soql = "SELECT Name, OrganizationType, IsSandbox FROM Organization";
  const { body } = await call("GET", `/query?q=${encodeURIComponent(soql)}`, signal);
  const org = records(record(body)?.records)[0];
  const parts = [text(org?.Name), text(org?.OrganizationType), org?.IsSandbox === true ? "sandbox" : null];
  const about = parts.filter((part) => part !== null).join(", ");
  return `Salesforce org ${orgId}${about === "" ? "" : ` (${about})`}`;
}
