// Rules of sObject Collections: order, limits, keys, parents, all or none, deletion.
import { expect } from "vitest";
import { BASE, codes, failureOf, idOf, type RowResult } from "./client.ts";
import { EXTERNAL_ID, type Rule } from "./rules.ts";

const contacts = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ Ext__c: `k${n}`, LastName: `Name ${n}` }));

export const COLLECTION_RULES: readonly Rule[] = [
  {
    rule: "upsert by external id creates, then updates: results in request order, errors per row with statusCode",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", EXTERNAL_ID);
      const first = await client.upsert("Contact", "Ext__c", contacts(3));
      expect(first.body).toEqual(
        [0, 1, 2].map(() => ({ id: expect.any(String), success: true, created: true, errors: [] })),
      );
      const again = await client.upsert("Contact", "Ext__c", [
        { Ext__c: "k2", LastName: "Third" },
        { Ext__c: "k9" },
        { Ext__c: "k0", LastName: "First" },
      ]);
      expect(codes(again)).toEqual(["ok", "REQUIRED_FIELD_MISSING", "ok"]);
      expect([idOf(again, 0), idOf(again, 2)]).toEqual([idOf(first, 2), idOf(first, 0)]);
      expect(again.body.map((row) => row.created)).toEqual([false, false, false]);
      expect(failureOf(again, 1)).toEqual({
        statusCode: "REQUIRED_FIELD_MISSING",
        message: "Required fields are missing: [LastName]",
        fields: ["LastName"],
      });
      const names = (await sandbox.dump("Contact")).map(({ LastName }) => LastName);
      expect(names).toEqual(["First", "Name 1", "Third"]);
    },
  },
  {
    rule: "200 records a call; one more is EXCEEDED_ID_LIMIT and nothing is applied",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", EXTERNAL_ID);
      expect(codes(await client.upsert("Contact", "Ext__c", contacts(200)))).toEqual(Array(200).fill("ok"));
      const refused = await client.create("Contact", contacts(201));
      expect(refused.error?.errorCode).toBe("EXCEEDED_ID_LIMIT");
      expect(await sandbox.dump("Contact")).toHaveLength(200);
    },
  },
  {
    rule: "the same external id twice in one call: both rows fail, others land",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", EXTERNAL_ID);
      const rows = ["x", "y", "X"].map((key) => ({ Ext__c: key, LastName: key }));
      const reply = await client.upsert("Contact", "Ext__c", rows);
      expect(codes(reply)).toEqual(["DUPLICATE_VALUE", "ok", "DUPLICATE_VALUE"]);
      expect(failureOf(reply).message).toBe("Duplicate external id specified: x");
      expect(await sandbox.dump("Contact")).toHaveLength(1);
    },
  },
  {
    rule: "external ids match without case only where the field is unique and so configured",
    async proof(client, sandbox) {
      await sandbox.fields(
        "Account",
        { name: "Ignores__c", external_id: true, unique: true },
        { name: "Minds__c", external_id: true, unique: true, case_sensitive: true },
        { name: "Loose__c", external_id: true },
      );
      for (const [key, found] of [
        ["Ignores__c", 1],
        ["Minds__c", 2],
        ["Loose__c", 2],
      ] as const) {
        for (const value of ["abc", "ABC"]) {
          expect(codes(await client.upsert("Account", key, [{ [key]: value, Name: key }]))).toEqual(["ok"]);
        }
        const records = (await sandbox.dump("Account")).filter(({ Name }) => Name === key);
        expect(records, key).toHaveLength(found);
      }
    },
  },
  {
    rule: "an external id that is not unique can match several: the row fails with their ids",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", { name: "Loose__c", label: "Loose", external_id: true });
      const ids = await sandbox.seed("Contact", { LastName: "A", Loose__c: "1" }, { LastName: "B", Loose__c: "1" });
      const reply = await client.upsert("Contact", "Loose__c", [
        { Loose__c: "1", LastName: "C" },
        { Loose__c: "2", LastName: "D" },
      ]);
      expect(codes(reply)).toEqual(["DUPLICATE_EXTERNAL_ID", "ok"]);
      const shown = ids.map((id) => id.slice(0, 15)).join(", ");
      expect(failureOf(reply).message).toBe(`Loose: more than one record found for external id field: [${shown}]`);
    },
  },
  {
    rule: "a standard idLookup field is a legal key though it is not unique; other fields are none",
    async proof(client, sandbox) {
      await sandbox.seed("Contact", { LastName: "A", Email: "a@example.com" });
      await sandbox.seed(
        "Contact",
        { LastName: "B", Email: "b@example.com" },
        { LastName: "C", Email: "B@example.com" },
      );
      const reply = await client.upsert("Contact", "Email", [
        { Email: "A@example.com", LastName: "Changed" },
        { Email: "b@example.com", LastName: "Never" },
      ]);
      expect(codes(reply)).toEqual(["ok", "DUPLICATE_EXTERNAL_ID"]);
      expect(reply.body[0]?.created).toBe(false);
      const refused = await client.upsert("Contact", "Phone", [{ Phone: "1", LastName: "D" }]);
      expect(refused.error?.errorCode).toBe("NOT_FOUND");
    },
  },
  {
    rule: "a parent is named by its external id; an unknown one fails the row",
    async proof(client, sandbox) {
      await sandbox.fields("Account", EXTERNAL_ID);
      await sandbox.fields("Contact", EXTERNAL_ID);
      await sandbox.fields("Visit__c", EXTERNAL_ID, { name: "Guest__c", type: "reference", reference_to: "Contact" });
      const [account = ""] = await sandbox.seed("Account", { Name: "Z", Ext__c: "z" });
      const reply = await client.upsert("Contact", "Ext__c", [
        { Ext__c: "1", LastName: "A", Account: { Ext__c: "Z" } },
        { Ext__c: "2", LastName: "B", Account: { Ext__c: "nobody" } },
        { Ext__c: "3", LastName: "C", Account: { Phone: "1" } },
      ]);
      expect(codes(reply)).toEqual(["ok", "INVALID_FIELD", "INVALID_FIELD"]);
      expect(failureOf(reply, 1).message).toBe(
        "Foreign key external ID: nobody not found for field Ext__c in entity Account",
      );
      expect((await sandbox.dump("Contact"))[0]?.AccountId).toBe(account);
      expect(codes(await client.upsert("Visit__c", "Ext__c", [{ Ext__c: "v", Guest__r: { Ext__c: "1" } }]))).toEqual([
        "ok",
      ]);
      expect((await sandbox.dump("Visit__c"))[0]?.Guest__c).toBe(idOf(reply));
    },
  },
  {
    rule: "update by id takes ids of 15 and of 18 characters; an unknown, a deleted and a foreign id fail their rows",
    async proof(client, sandbox) {
      const [a = "", b = "", c = ""] = await sandbox.seed(
        "Contact",
        { LastName: "A" },
        { LastName: "B" },
        { LastName: "C" },
      );
      const [account = ""] = await sandbox.seed("Account", { Name: "X" });
      await client.remove("Contact", [c]);
      const ids = [a.slice(0, 15), b, c, `${a.slice(0, 12)}zzz`, account];
      const reply = await client.update(
        "Contact",
        ids.map((Id) => ({ Id, LastName: "New" })),
      );
      const expected = ["ok", "ok", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"];
      expect(codes(reply)).toEqual(expected);
      expect(reply.body[0]).toMatchObject({ id: a, success: true });
      expect((await sandbox.dump("Contact")).map(({ LastName }) => LastName)).toEqual(["New", "New"]);
    },
  },
  {
    rule: "the same record id comes up to twelve times in a call, one after the other",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("Contact", { LastName: "A" });
      const reply = await client.update(
        "Contact",
        Array.from({ length: 13 }, (_, n) => ({ Id: id, LastName: `N${n}` })),
      );
      expect(codes(reply)).toEqual([...Array(12).fill("ok"), "DUPLICATE_VALUE"]);
      expect((await sandbox.dump("Contact"))[0]?.LastName).toBe("N11");
    },
  },
  {
    rule: "a collection may mix objects, but not in an upsert",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", EXTERNAL_ID);
      const records = [
        { attributes: { type: "Account" }, Name: "X" },
        { attributes: { type: "Contact" }, LastName: "Y" },
        { attributes: { type: "Nothing__c" }, Name: "Z" },
      ];
      const mixed = await client.call<RowResult[]>("POST", "/composite/sobjects", { allOrNone: false, records });
      expect(codes(mixed)).toEqual(["ok", "ok", "INVALID_TYPE"]);
      const [account, contact] = [
        { attributes: { type: "Account" }, Ext__c: "1", Name: "X" },
        { Ext__c: "2", LastName: "Y" },
      ];
      const path = "/composite/sobjects/Contact/Ext__c";
      const own = { attributes: { type: "Contact" }, ...contact };
      const upsert = await client.call<RowResult[]>("PATCH", path, { records: [account, own] });
      expect(codes(upsert)).toEqual(["INVALID_TYPE", "ok"]);
    },
  },
  {
    rule: "allOrNone takes everything back: the guilty row says why, the others that they were rolled back",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("Contact", { LastName: "Old" });
      const bad = { LastName: "B", Email: "no address" };
      const created = await client.create("Contact", [{ LastName: "A" }, bad], { allOrNone: true });
      expect(codes(created)).toEqual(["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_EMAIL_ADDRESS"]);
      const updated = await client.update(
        "Contact",
        [
          { Id: id, LastName: "New" },
          { Id: id, Email: "bad" },
        ],
        { allOrNone: true },
      );
      expect(codes(updated)).toEqual(["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_EMAIL_ADDRESS"]);
      expect((await sandbox.dump("Contact")).map(({ LastName }) => LastName)).toEqual(["Old"]);
    },
  },
  {
    rule: "delete moves into the recycle bin: what is there already is ENTITY_IS_DELETED, other rows go on",
    async proof(client, sandbox) {
      const [a = "", b = ""] = await sandbox.seed("Contact", { LastName: "A" }, { LastName: "B" });
      expect(codes(await client.remove("Contact", [a]))).toEqual(["ok"]);
      expect(codes(await client.remove("Contact", [a, b]))).toEqual(["ENTITY_IS_DELETED", "ok"]);
      expect(await sandbox.dump("Contact")).toEqual([]);
      expect(await sandbox.dump("Contact", "&deleted=true")).toHaveLength(2);
    },
  },
  {
    rule: "a deleted account takes contacts and opportunities along, frees child accounts, and stays where it has cases",
    async proof(client, sandbox) {
      const [top = "", busy = ""] = await sandbox.seed("Account", { Name: "Top" }, { Name: "Busy" });
      await sandbox.seed("Account", { Name: "Child", ParentId: top });
      await sandbox.seed("Contact", { LastName: "A", AccountId: top });
      await sandbox.seed("Opportunity", {
        Name: "O",
        StageName: "Prospecting",
        CloseDate: "2026-01-01",
        AccountId: top,
      });
      await sandbox.seed("Case", { Subject: "S", AccountId: busy });
      expect(codes(await client.remove("Account", [top, busy]))).toEqual(["ok", "DELETE_FAILED"]);
      expect(await sandbox.dump("Contact")).toEqual([]);
      expect(await sandbox.dump("Opportunity")).toEqual([]);
      expect((await sandbox.dump("Account")).map(({ Name, ParentId }) => [Name, ParentId])).toEqual([
        ["Busy", null],
        ["Child", null],
      ]);
    },
  },
  {
    rule: "retrieve gives the fields asked for, null in the place of what is not there",
    async proof(client, sandbox) {
      const [a = "", b = ""] = await sandbox.seed("Contact", { LastName: "A" }, { LastName: "B" });
      await client.remove("Contact", [b]);
      const { body } = await client.retrieve("Contact", [a, b, `${a.slice(0, 12)}zzz`], ["Id", "LastName"]);
      const url = `${BASE}/sobjects/Contact/${a}`;
      expect(body).toEqual([{ attributes: { type: "Contact", url }, Id: a, LastName: "A" }, null, null]);
      expect((await client.retrieve("Contact", [a], ["Nonsense"])).error?.errorCode).toBe("INVALID_FIELD");
    },
  },
];
