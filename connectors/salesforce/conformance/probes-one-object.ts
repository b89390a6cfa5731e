import type { Clock } from "../../../src/contract/clock.ts";
import type { Assumption } from "../../../src/contract/conformance.ts";
import { foundIn, isRefused, messagesOf, notTried, rowsOf, seen } from "./seen.ts";
import { openSubject, remove, type Subject } from "./subject.ts";

/** What holds of one standard object and of no other. */
export function oneObject(subject: Subject, clock: Clock): readonly Assumption[] {
  switch (subject.object) {
    case "Contact":
      return [badEmail(subject), ...emailKey(subject)];
    case "Lead":
      return [badEmail(subject)];
    case "Account":
      return [cascade(subject, clock)];
    default:
      return [];
  }
}

function badEmail({ row, create }: Subject): Assumption {
  return {
    name: "an e-mail that is none is INVALID_EMAIL_ADDRESS",
    probe: async (signal) => {
      const answer = await create([row({ Email: "no e-mail at all" })], signal);
      return seen(isRefused(rowsOf(answer)[0], "INVALID_EMAIL_ADDRESS"), answer);
    },
  };
}

function emailKey({ org, row, fields, upsert, makeOne }: Subject): readonly Assumption[] {
  const isKey = fields.get("Email")?.idLookup === true;
  const noKey = "the user sees no Email that is a lookup field";
  const email = () => `${org.unique()}@example.com`;
  return [
    {
      name: "an upsert by e-mail is legal and finds it in any case",
      probe: async (signal) => {
        if (!isKey) return notTried(noKey);
        const address = email();
        const id = await makeOne(signal, { Email: address });
        const answer = await upsert("Email", [row({ Email: address.toUpperCase() })], signal);
        const met = rowsOf(answer)[0];
        return seen(met?.success === true && met.created === false && met.id === id, answer);
      },
    },
    {
      name: "an upsert by an e-mail that several contacts have is refused for its row, and names them",
      probe: async (signal) => {
        if (!isKey) return notTried(noKey);
        const address = email();
        const ids = [await makeOne(signal, { Email: address }), await makeOne(signal, { Email: address })];
        const answer = await upsert("Email", [row({ Email: address })], signal);
        const refused = rowsOf(answer)[0];
        const named = messagesOf(refused);
        return seen(refused?.success === false && ids.every((id) => named.includes(id.slice(0, 15))), answer);
      },
    },
  ];
}

function cascade({ org, makeOne }: Subject, clock: Clock): Assumption {
  return {
    name: "an account takes its contacts along when it is deleted",
    probe: async (signal) => {
      const contacts = await openSubject(org, clock, "Contact", signal);
      const account = await makeOne(signal);
      const contact = await contacts.makeOne(signal, { AccountId: account });
      await remove(org, [account], signal);
      const answer = await contacts.find("Id, IsDeleted", `Id = '${contact}'`, signal, "queryAll");
      return seen(foundIn(answer)[0]?.IsDeleted === true, answer);
    },
  };
}
