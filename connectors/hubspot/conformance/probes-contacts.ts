import type { Assumption } from "../../../src/contract/conformance.ts";
import { record, records, text } from "../../../src/kit/json.ts";
import type { Portal } from "./portal.ts";
import { MARK, makeOne, seen } from "./probes-any-object.ts";

/** What holds of contacts: their e-mail is a key, and their lifecycle goes one way. */
export function contactsOnly(portal: Portal): readonly Assumption[] {
  const email = () => `${portal.unique()}@example.com`;
  const upsert = (address: string, properties: object, signal: AbortSignal) =>
    portal.batch(
      "upsert",
      [
        {
          id: address,
          idProperty: "email",
          properties: { email: address, firstname: MARK, ...properties },
          objectWriteTraceId: "0",
        },
      ],
      signal,
    );
  return [
    {
      name: "an upsert by e-mail says whether the record is new",
      probe: async (signal) => {
        const address = email();
        const [first, second] = [await upsert(address, {}, signal), await upsert(address, {}, signal)];
        const [made, found] = [first, second].map((answer) => records(answer.body.results)[0]?.new);
        return seen(made === true && found === false, second);
      },
    },
    {
      name: "an upsert finds the e-mail in any case",
      probe: async (signal) => {
        const address = email();
        const first = records((await upsert(address, {}, signal)).body.results)[0]?.id;
        const second = await upsert(address.toUpperCase(), {}, signal);
        return seen(first !== undefined && records(second.body.results)[0]?.id === first, second);
      },
    },
    {
      name: 'a create with an e-mail that is there names the record: "Existing ID: …"',
      probe: async (signal) => {
        const address = email();
        const id = await makeOne(portal, signal, { email: address });
        const properties = { email: address, firstname: MARK };
        const answer = await portal.batch("create", [{ properties, objectWriteTraceId: "0" }], signal);
        const words = JSON.stringify(answer.body);
        return seen(id !== "" && new RegExp(`Existing ID: *${id}`).test(words), answer);
      },
    },
    {
      name: "an update that takes another record's e-mail is refused, and names that record",
      probe: async (signal) => {
        const address = email();
        const holder = await makeOne(portal, signal, { email: address });
        const id = await makeOne(portal, signal, { email: email() });
        const answer = await portal.batch(
          "update",
          [{ id, properties: { email: address }, objectWriteTraceId: "0" }],
          signal,
        );
        return seen(records(answer.body.results).length === 0 && JSON.stringify(answer.body).includes(holder), answer);
      },
    },
    {
      name: "an e-mail that is none is refused as INVALID_EMAIL",
      probe: async (signal) => {
        const properties = { email: "no e-mail at all", firstname: MARK };
        const answer = await portal.batch("create", [{ properties, objectWriteTraceId: "0" }], signal);
        return seen(JSON.stringify(answer.body).includes("INVALID_EMAIL"), answer);
      },
    },
    {
      name: "a unique property is read by: batch read with idProperty",
      probe: async (signal) => {
        const address = email();
        const id = await makeOne(portal, signal, { email: address });
        const more = { idProperty: "email", properties: ["email"], propertiesWithHistory: [] };
        const answer = await portal.batch("read", [{ id: address }], signal, more);
        return seen(id !== "" && records(answer.body.results)[0]?.id === id, answer);
      },
    },
    {
      name: "an e-mail sent as id without idProperty changes nothing and is no error",
      probe: async (signal) => {
        const address = email();
        await makeOne(portal, signal, { email: address });
        const answer = await portal.batch("update", [{ id: address, properties: { firstname: "Changed" } }], signal);
        return seen(answer.status < 300 && records(answer.body.results).length === 0, answer);
      },
    },
    {
      name: "lifecyclestage does not go back, and the call succeeds",
      probe: async (signal) => {
        const id = await makeOne(portal, signal, { email: email(), lifecyclestage: "customer" });
        const answer = await portal.batch(
          "update",
          [{ id, properties: { lifecyclestage: "lead" }, objectWriteTraceId: "0" }],
          signal,
        );
        const kept = text(record(records(answer.body.results)[0]?.properties)?.lifecyclestage);
        return seen(answer.status === 200 && kept === "customer", answer);
      },
    },
  ];
}
