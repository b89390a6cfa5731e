// Rules of the calls for one record: errors by errorCode, keys in the path, 300 for several.
import { expect } from "vitest";
import type { RowResult, SentRecord } from "./client.ts";
import { EXTERNAL_ID, type Rule } from "./rules.ts";

export const SINGLE_RECORD_RULES: readonly Rule[] = [
  {
    rule: "create, read, update and delete one record",
    async proof(client, sandbox) {
      const made = await client.call<RowResult>("POST", "/sobjects/Contact", { LastName: "A", Phone: "1" });
      expect(made.body).toEqual({ id: expect.stringMatching(/^003[0-9A-Za-z]{15}$/), success: true, errors: [] });
      const path = `/sobjects/Contact/${made.body.id}`;
      expect((await client.call("PATCH", path, { LastName: "B" })).error).toBeNull();
      const { body } = await client.call<SentRecord>("GET", `${path}?fields=LastName,Phone`);
      expect(body).toMatchObject({ attributes: { type: "Contact" }, LastName: "B", Phone: "1" });
      expect(body).not.toHaveProperty("Email");
      expect((await client.call<SentRecord>("GET", path)).body).toMatchObject({ Email: null, Name: "B" });
      expect((await client.call("DELETE", path)).error).toBeNull();
      expect((await client.call("GET", path)).error?.errorCode).toBe("NOT_FOUND");
      expect((await client.call("PATCH", path, { LastName: "C" })).error?.errorCode).toBe("ENTITY_IS_DELETED");
      expect((await client.call("DELETE", path)).error?.errorCode).toBe("ENTITY_IS_DELETED");
      expect(await sandbox.dump("Contact")).toEqual([]);
    },
  },
  {
    rule: "errors say errorCode, message and fields",
    async proof(client) {
      const missing = await client.call("POST", "/sobjects/Contact", { FirstName: "A" });
      expect(missing.body).toMatchObject([
        {
          errorCode: "REQUIRED_FIELD_MISSING",
          message: "Required fields are missing: [LastName]",
          fields: ["LastName"],
        },
      ]);
      expect((await client.call("POST", "/sobjects/Contact", { Foo: 1 })).error).toMatchObject({
        errorCode: "INVALID_FIELD",
        message: "No such column 'Foo' on sobject of type Contact",
      });
      expect((await client.call("GET", "/sobjects/Nothing__c/describe")).error?.errorCode).toBe("NOT_FOUND");
      expect((await client.call("GET", "/sobjects/Contact/003000000000001AAA")).error?.errorCode).toBe("NOT_FOUND");
      expect((await client.call("POST", "/sobjects/User", { LastName: "A" })).error).not.toBeNull();
    },
  },
  {
    rule: "a record by external id: upsert says whether it was created, several matches are 300 with their links",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", EXTERNAL_ID, { name: "Loose__c", external_id: true });
      const path = `/sobjects/Contact/Ext__c/${encodeURIComponent("a b/1")}`;
      const first = await client.call<RowResult>("PATCH", path, { LastName: "A" });
      expect(first.body).toMatchObject({ success: true, created: true });
      expect((await client.call<RowResult>("PATCH", path, { LastName: "B" })).body).toMatchObject({ created: false });
      expect((await client.call<SentRecord>("GET", path)).body).toMatchObject({ Ext__c: "a b/1", LastName: "B" });
      expect((await client.call("GET", "/sobjects/Contact/Ext__c/none")).error?.errorCode).toBe("NOT_FOUND");
      const ids = await sandbox.seed("Contact", { LastName: "C", Loose__c: "1" }, { LastName: "D", Loose__c: "1" });
      const links = ids.map((id) => `/services/data/v60.0/sobjects/Contact/${id}`);
      for (const [method, body] of [
        ["GET", undefined],
        ["PATCH", { LastName: "E" }],
      ] as const) {
        const several = await client.call<string[]>(method, "/sobjects/Contact/Loose__c/1", body);
        expect(several.error?.errorCode).toBe("MULTIPLE_CHOICES");
        expect(several.body).toEqual(links);
      }
      expect((await client.call("PATCH", "/sobjects/Contact/Phone/1", { LastName: "E" })).error?.errorCode).toBe(
        "NOT_FOUND",
      );
    },
  },
  {
    rule: "a single record meets duplicate rules as collections do",
    async proof(client, sandbox) {
      await sandbox.setUp("duplicate-rules", { object: "Lead", fields: ["Email"] });
      const [id] = await sandbox.seed("Lead", { LastName: "A", Company: "C", Email: "a@example.com" });
      const reply = await client.call("POST", "/sobjects/Lead", {
        LastName: "B",
        Company: "C",
        Email: "a@example.com",
      });
      expect(reply.error?.errorCode).toBe("DUPLICATES_DETECTED");
      const record = { Id: id, attributes: { type: "Lead" } };
      expect(reply.body).toMatchObject([{ duplicateResut: { matchResults: [{ matchRecords: [{ record }] }] } }]);
    },
  },
];
