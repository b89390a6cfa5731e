import { Fault } from "../../../src/contract/fault.ts";
import { refusedInput } from "../../../src/kit/sandbox/control-input.ts";
import { change } from "./delete-record.ts";
import { findObject, type Org } from "./org.ts";
import { isDeleted, type StoredRecord, type Values } from "./stored-record.ts";
import { systemContext } from "./write-context.ts";
import { createRecord, isWritten } from "./write-record.ts";

/** As when a user converts a lead: an account (or the one given), a contact and perhaps an opportunity come of it. */
export function convertLead(
  org: Org,
  lead: StoredRecord,
  account: StoredRecord | null,
  withOpportunity: boolean,
): unknown {
  const { values } = lead;
  const store = findObject(org, "Lead");
  if (store === null || store.byId(lead.id) !== lead || isDeleted(lead))
    throw refusedInput(`lead: ${lead.id} is no living lead`);
  if (values.IsConverted === true) throw refusedInput(`lead: ${lead.id} is converted already`);
  const accountId = account?.id ?? made(org, "Account", { Name: values.Company ?? "", Phone: values.Phone ?? null });
  const person = pick(values, [
    "Salutation",
    "FirstName",
    "LastName",
    "Email",
    "Phone",
    "MobilePhone",
    "Title",
    "LeadSource",
  ]);
  const contactId = made(org, "Contact", { ...person, AccountId: accountId, OwnerId: values.OwnerId ?? null });
  const closing = { StageName: "Prospecting", CloseDate: new Date(org.clock.now()).toISOString().slice(0, 10) };
  const opportunityId = withOpportunity
    ? made(org, "Opportunity", { Name: values.Company ?? "", AccountId: accountId, ...closing })
    : null;
  change(org, store, lead, {
    IsConverted: true,
    Status: "Closed - Converted",
    ConvertedDate: closing.CloseDate,
    ConvertedAccountId: accountId,
    ConvertedContactId: contactId,
    ConvertedOpportunityId: opportunityId,
  });
  return { leadId: lead.id, accountId, contactId, opportunityId };
}

function made(org: Org, object: string, values: Values): string {
  const store = findObject(org, object);
  const written = store === null ? [] : createRecord(org, store, values, systemContext());
  if (isWritten(written)) return written.record.id;
  throw new Fault("USAGE", `the lead's ${object} is refused: ${written[0]?.message}`);
}

function pick(values: Values, names: readonly string[]): Record<string, string | number | boolean | null> {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}
