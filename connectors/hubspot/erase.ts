import type { ErasureTerms, RemoteObject, Reply } from "../../src/contract/destination.ts";
import { applied, deferred, rejected, unknown } from "../../src/kit/outcome.ts";
import type { Answer, HubspotClient, Sent } from "./client.ts";
import { accessFault, hintsOf, readRefusal } from "./refusal.ts";
import { writeBatch } from "./write.ts";

/** Only contacts can be erased for good (developers.hubspot.com, CRM contacts: "GDPR delete"). */
export function erasureTerms(object: string): ErasureTerms {
  return object === "contacts"
    ? {
        word: "erased",
        remark:
          "for good; HubSpot puts the contact's e-mail addresses on a block list for ever, and no contact can have them again",
      }
    : {
        word: "archived",
        remark: "HubSpot keeps archived records for 90 days, and people can put them back until then",
      };
}

/** One call: gdpr-delete for a contact, archive for any other record. */
export async function eraseRecord(
  client: HubspotClient,
  object: string,
  id: string,
  now: () => number,
  signal: AbortSignal,
): Promise<Reply> {
  if (object !== "contacts") {
    const info: RemoteObject = { object, children: [], fields: new Map() };
    return writeBatch(
      client,
      { object, operation: "archive", writes: [{ by: { id }, fields: {} }] },
      info,
      now,
      signal,
    );
  }
  const sent = await client.call((watch) => client.gdpr.purgeWithHttpInfo({ objectId: id }, watch()), signal);
  const access = accessFault(sent, "gdpr-delete contacts", now());
  if (access !== null) throw access;
  const outcome = sent.trouble === null ? outcomeOf(sent.answer, id) : lost(sent);
  return { outcomes: [outcome], refusedWhole: false, calls: 1, bytesOut: sent.bytesOut, hints: hintsOf(sent, now()) };
}

function outcomeOf(answer: Answer, id: string) {
  const { status } = answer;
  if (status === 204) return applied(id, false);
  const { message, code, isMissing } = readRefusal(answer);
  // A 404 alone may be about the address of the call: only HubSpot's own word says that the contact is gone.
  if (isMissing) return applied(id, false);
  if (status === 429 || status === 423 || status === 477) return deferred("RATE_LIMITED", message);
  if (status < 400 || status >= 500 || status === 408) return unknown(`HubSpot answered ${status}`);
  return rejected(code, null, message);
}

function lost({ trouble }: Sent) {
  if (trouble?.sent === false) return deferred(trouble.code, trouble.reason);
  return unknown(trouble?.reason ?? "no answer");
}
