import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import type { Portal } from "./portal.ts";
import { notFound, type Refusal } from "./refusal.ts";
import { DEAL_STAGES, OWNERS, TICKET_STAGES } from "./standard-properties.ts";

const SINCE = "2024-01-01T00:00:00.000Z";

/** `GET /account-info/v3/details`. */
export function accountDetails(portal: Portal): Answer {
  return {
    status: 200,
    body: {
      portalId: portal.id,
      accountType: "STANDARD",
      timeZone: "Etc/UTC",
      companyCurrency: "USD",
      additionalCurrencies: [],
      utcOffset: "+00:00",
      utcOffsetMilliseconds: 0,
      uiDomain: "app.hubspot.com",
      dataHostingLocation: "na1",
    },
  };
}

/** `GET /crm/v3/owners`, with `email`. */
export function ownersCall(call: Call): Answer {
  const email = call.query.get("email")?.toLowerCase();
  const owners = OWNERS.filter((owner) => email === undefined || owner.email === email);
  const results = owners.map((owner) => ({ ...owner, createdAt: SINCE, updatedAt: SINCE, archived: false, teams: [] }));
  return { status: 200, body: { results } };
}

const PIPELINES: Readonly<Record<string, { id: string; label: string; stages: readonly string[] }>> = {
  deals: { id: "default", label: "Sales Pipeline", stages: DEAL_STAGES },
  tickets: { id: "0", label: "Support Pipeline", stages: TICKET_STAGES },
};

/** `GET /crm/v3/pipelines/{type}`. */
export function pipelinesCall(type: string): Answer | Refusal {
  const pipeline = Object.hasOwn(PIPELINES, type) ? PIPELINES[type] : undefined;
  if (pipeline === undefined) return notFound(`${type} have no pipelines`);
  const own = { displayOrder: 0, archived: false, createdAt: SINCE, updatedAt: SINCE };
  const stages = pipeline.stages.map((id, index) => ({ id, label: id, metadata: {}, ...own, displayOrder: index }));
  return { status: 200, body: { results: [{ id: pipeline.id, label: pipeline.label, ...own, stages }] } };
}
