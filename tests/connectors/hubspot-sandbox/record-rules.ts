// Rules of records beyond batches: search, merge, erasure, properties, schemas, associations, lists, account.
import { expect } from "vitest";
import type { Rule } from "./rules.ts";

export const RECORD_RULES: readonly Rule[] = [
  {
    rule: "search lags behind writes, updates as well as creates",
    async proof(client, _sandbox, clock) {
      const find = async (email: string) => {
        const filters = [{ propertyName: "email", operator: "EQ", value: email }];
        return (await client.search("contacts", { filterGroups: [{ filters }], limit: 10 })).body.total;
      };
      const { body } = await client.create("contacts", { email: "new@example.com" });
      expect(await find("new@example.com")).toBe(0);
      await clock.advance(5_000);
      expect(await find("new@example.com")).toBe(1);
      await client.patch("contacts", body.id ?? "", { email: "newer@example.com" });
      expect(await find("new@example.com")).toBe(1);
      await clock.advance(5_000);
      expect([await find("new@example.com"), await find("newer@example.com")]).toEqual([0, 1]);
    },
  },
  {
    rule: "search gives at most 200 a page and 10,000 in all",
    async proof(client, sandbox) {
      const many = Array.from({ length: 250 }, (_, n) => ({ email: `n${n}@example.com`, city: "Oslo" }));
      await sandbox.seed("contacts", ...many);
      const request = { filterGroups: [{ filters: [{ propertyName: "city", operator: "EQ", value: "oslo" }] }] };
      const page = await client.search("contacts", { ...request, limit: 200 });
      expect(page.body).toMatchObject({ total: 250, paging: { next: { after: "200" } } });
      expect(page.body.results).toHaveLength(200);
      expect((await client.search("contacts", { ...request, limit: 201 })).status).toBe(400);
      expect((await client.search("contacts", { ...request, limit: 200, after: "9801" })).status).toBe(400);
    },
  },
  {
    rule: "a merge makes a new id, both old ids resolve to it, the primary's values win, the other e-mail stays known",
    async proof(client, sandbox) {
      const [first = "", second = ""] = await sandbox.seed(
        "contacts",
        { email: "one@example.com", city: "Oslo" },
        { email: "two@example.com", city: "Rome", phone: "2" },
      );
      const merged = await client.merge(first, second);
      const id = merged.body.id ?? "";
      expect([first, second]).not.toContain(id);
      for (const old of [first, second, id]) {
        const { body } = await client.get("contacts", old, ["email", "city", "phone", "hs_merged_object_ids"]);
        expect(body).toMatchObject({
          id,
          properties: {
            email: "one@example.com",
            city: "Oslo",
            phone: "2",
            hs_merged_object_ids: `${first};${second}`,
          },
        });
      }
      expect((await client.read("contacts", [first, second], ["email"])).body.results).toHaveLength(1);
      const again = await client.create("contacts", { email: "two@example.com" });
      expect(again.body.message).toBe(`Contact already exists. Existing ID: ${id}`);
      expect(await sandbox.dump("contacts")).toHaveLength(1);
      expect((await client.merge(id, first)).status).toBe(400);
      await client.archive("contacts", id);
      expect((await client.create("contacts", { email: "two@example.com" })).status).toBe(201);
    },
  },
  {
    rule: "no more than 250 records are merged into one",
    async proof(client, sandbox) {
      const all = Array.from({ length: 252 }, (_, n) => ({ email: `m${n}@example.com` }));
      const [first = "", ...others] = await sandbox.seed("contacts", ...all);
      const last = others.pop() ?? "";
      let id = first;
      for (const other of others) id = (await client.merge(id, other)).body.id ?? "";
      expect((await client.merge(id, last)).status).toBe(400);
      expect((await client.get("contacts", first, ["email"])).body.id).toBe(id);
      expect(await sandbox.dump("contacts")).toHaveLength(2);
    },
  },
  {
    rule: "gdpr-delete answers 204 and bars the address, also one that nobody has",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { email: "gone@example.com" });
      expect((await client.gdprDelete(id)).status).toBe(204);
      expect((await client.gdprDelete("never@example.com", "email")).status).toBe(204);
      expect(await sandbox.dump("contacts", "&archived=true")).toEqual([]);
      for (const email of ["gone@example.com", "NEVER@example.com"]) {
        const refused = await client.create("contacts", { email });
        expect(refused.status).toBe(400);
        expect(refused.body.message).toContain("GDPR");
      }
    },
  },
  {
    rule: "an archived record is gone for reads and writes, and its unique values are free",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { email: "a@example.com" });
      expect((await client.archive("contacts", id)).status).toBe(204);
      expect((await client.get("contacts", id, ["email"])).status).toBe(404);
      expect((await client.patch("contacts", id, { city: "Oslo" })).status).toBe(404);
      expect((await client.create("contacts", { email: "a@example.com" })).status).toBe(201);
    },
  },
  {
    rule: "lists page by an after cursor in order of id",
    async proof(client, sandbox) {
      const ids = await sandbox.seed("companies", ...Array.from({ length: 5 }, (_, n) => ({ name: `C${n}` })));
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const { body } = await client.list("companies", 2, after);
        seen.push(...(body.results ?? []).map((record) => record.id));
        after = body.paging?.next?.after;
      } while (after !== undefined);
      expect(seen).toEqual(ids);
    },
  },
  {
    rule: "properties tell type, options, uniqueness and what is read-only",
    async proof(client) {
      type Told = { name: string; type: string; hasUniqueValue: boolean; options: { value: string }[] };
      const told = (await client.properties("contacts")).body.results as unknown as (Told & {
        modificationMetadata: { readOnlyValue: boolean };
        externalOptions: boolean;
      })[];
      const byName = new Map(told.map((it) => [it.name, it]));
      expect(told.length).toBeGreaterThan(40);
      expect(byName.get("email")).toMatchObject({ type: "string", hasUniqueValue: true });
      expect(byName.get("createdate")?.modificationMetadata.readOnlyValue).toBe(true);
      expect(byName.get("hs_object_id")?.modificationMetadata.readOnlyValue).toBe(true);
      expect(byName.get("lifecyclestage")?.options.map((option) => option.value)).toContain("customer");
      expect(byName.get("hubspot_owner_id")).toMatchObject({ externalOptions: true, options: [] });
      const companies = (await client.properties("companies")).body.results as unknown as Told[];
      expect(companies.find((it) => it.name === "domain")?.hasUniqueValue).toBe(false);
    },
  },
  {
    rule: "a property and a custom object can be defined by HubSpot's own calls",
    async proof(client) {
      const ext = {
        name: "ext",
        label: "Ext",
        type: "string",
        fieldType: "text",
        groupName: "g",
        hasUniqueValue: true,
      };
      expect((await client.call("POST", "/crm/v3/properties/contacts", ext)).status).toBe(201);
      expect((await client.call("POST", "/crm/v3/properties/contacts", ext)).status).toBe(409);
      const schema = {
        name: "car",
        labels: { singular: "Car", plural: "Cars" },
        requiredProperties: ["plate"],
        properties: [{ name: "plate", label: "Plate", type: "string", fieldType: "text", hasUniqueValue: true }],
      };
      const made = await client.call("POST", "/crm/v3/schemas", schema);
      const { objectTypeId, fullyQualifiedName } = made.body as { objectTypeId?: string; fullyQualifiedName?: string };
      expect(objectTypeId).toMatch(/^2-\d+$/);
      const input = { id: "B-1", idProperty: "plate", properties: {}, objectWriteTraceId: "0" };
      for (const [type, isNew] of [
        ["car", true],
        [objectTypeId ?? "", false],
        [fullyQualifiedName ?? "", false],
      ] as const) {
        expect((await client.batch(type, "upsert", [input])).body.results).toMatchObject([{ new: isNew }]);
      }
      expect((await client.create("car", {})).body.message).toContain("Some required properties were not set.");
      expect((await client.batch("bikes", "upsert", [input])).body.message).toBe(
        "Unable to infer object type from: bikes",
      );
    },
  },
  {
    rule: "associations are made and read by the v4 batch calls",
    async proof(client, sandbox) {
      const [contact = ""] = await sandbox.seed("contacts", { email: "a@example.com" });
      const [company = ""] = await sandbox.seed("companies", { name: "A" });
      const inputs = [{ from: { id: contact }, to: { id: company } }];
      const path = "/crm/v4/associations/contacts/companies/batch";
      expect((await client.call("POST", `${path}/associate/default`, { inputs })).status).toBe(200);
      expect((await client.call("POST", `${path}/create`, { inputs })).status).toBe(201);
      const read = await client.call("POST", "/crm/v4/associations/company/contact/batch/read", {
        inputs: [{ id: company }],
      });
      expect(read.body.results).toMatchObject([{ from: { id: company }, to: [{ toObjectId: contact }] }]);
    },
  },
  {
    rule: "list memberships: missing ids come back, they are no error",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { email: "a@example.com" });
      const made = await client.call("POST", "/crm/v3/lists", {
        name: "All",
        objectTypeId: "0-1",
        processingType: "MANUAL",
      });
      const { listId } = (made.body as { list: { listId: string } }).list;
      const path = `/crm/v3/lists/${listId}/memberships/add-and-remove`;
      const reply = await client.call("PUT", path, { recordIdsToAdd: [id, "17"], recordIdsToRemove: [] });
      expect(reply.body).toEqual({ recordsIdsAdded: [id], recordIdsRemoved: [], recordIdsMissing: ["17"] });
    },
  },
  {
    rule: "the account has a portal id, and owners",
    async proof(client) {
      const details = await client.call("GET", "/account-info/v3/details");
      expect(details.body).toMatchObject({
        portalId: expect.any(Number),
        accountType: "STANDARD",
        timeZone: "Etc/UTC",
      });
      expect((await client.call("GET", "/crm/v3/owners")).body.results?.length).toBeGreaterThan(0);
    },
  },
];
