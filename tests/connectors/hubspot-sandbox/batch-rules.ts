// Rules of the batch calls: caps, trace ids, grouping, conflicts, order.
import { expect } from "vitest";
import type { Input } from "./client.ts";
import type { Rule } from "./rules.ts";

function upserts(count: number): Input[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `p${index}@example.com`,
    idProperty: "email",
    objectWriteTraceId: String(index),
    properties: { firstname: `First ${index}` },
  }));
}

export const BATCH_RULES: readonly Rule[] = [
  {
    rule: "a batch takes 100 inputs and refuses 101 whole",
    async proof(client, sandbox) {
      const over = await client.batch("contacts", "upsert", upserts(101));
      expect(over).toMatchObject({ status: 400, body: { category: "VALIDATION_ERROR" } });
      expect(await sandbox.dump("contacts")).toEqual([]);
      expect((await client.batch("contacts", "upsert", upserts(100))).body.results).toHaveLength(100);
    },
  },
  {
    rule: "the same id twice in a batch refuses all of it, trace ids or not",
    async proof(client, sandbox) {
      const [first, second] = upserts(2);
      const twice = [first ?? {}, { ...second, id: "P0@example.com " }];
      const reply = await client.batch("contacts", "upsert", twice);
      expect(reply.status).toBe(400);
      expect(reply.body.message).toBe("Duplicate IDs found in batch input: [P0@example.com ]. IDs must be unique");
      expect(await sandbox.dump("contacts")).toEqual([]);
      const [id = ""] = await sandbox.seed("contacts", { email: "a@example.com" });
      for (const action of ["update", "archive"] as const) {
        const input = { id, properties: { firstname: "X" } };
        expect((await client.batch("contacts", action, [input, input])).status).toBe(400);
      }
    },
  },
  {
    rule: "an idProperty that is not unique is refused, company domain included",
    async proof(client) {
      const input = { id: "example.com", idProperty: "domain", properties: { name: "X" }, objectWriteTraceId: "0" };
      const reply = await client.batch("companies", "upsert", [input]);
      expect(reply.status).toBe(400);
      expect(reply.body.message).toContain("non-unique");
      const read = await client.read("companies", ["example.com"], ["name"], "domain");
      expect(read.body.message).toContain("non-unique");
    },
  },
  {
    rule: "with a unique objectWriteTraceId on every input a bad row fails alone, with 207",
    async proof(client, sandbox) {
      const inputs = upserts(3);
      const bad = { ...inputs[1], properties: { email: "no address", firstname: "Bad" } };
      const reply = await client.batch("contacts", "upsert", [inputs[0] ?? {}, bad, inputs[2] ?? {}]);
      expect(reply.status).toBe(207);
      expect(reply.body.status).toBe("COMPLETE");
      expect(reply.body.results?.map((result) => result.objectWriteTraceId).sort()).toEqual(["0", "2"]);
      expect(reply.body.numErrors).toBe(1);
      expect(reply.body.errors?.[0]).toMatchObject({
        status: "error",
        category: "VALIDATION_ERROR",
        context: { objectWriteTraceId: ["1"] },
        errors: [{ code: "INVALID_EMAIL", context: { propertyName: ["email"] } }],
      });
      expect(reply.body.errors?.[0]?.message).toContain('"error":"INVALID_EMAIL","name":"email"');
      expect(await sandbox.dump("contacts")).toHaveLength(2);
    },
  },
  {
    rule: "without trace ids one bad row fails the whole batch with 400, names only the first, and nothing is applied",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { email: "p0@example.com", firstname: "Before" });
      const inputs = upserts(4).map(({ objectWriteTraceId: _, ...input }) => input);
      inputs[2] = { ...inputs[2], properties: { first: "1" } };
      inputs[3] = { ...inputs[3], properties: { second: "2" } };
      const reply = await client.batch("contacts", "upsert", inputs);
      expect(reply.status).toBe(400);
      expect(reply.body.message).toContain('Property \\"first\\" does not exist');
      expect(reply.body.message).not.toContain("second");
      expect(await sandbox.dump("contacts")).toMatchObject([{ id, properties: { firstname: "Before" } }]);
    },
  },
  {
    rule: "a trace id that is missing or there twice counts as none",
    async proof(client, sandbox) {
      const [first = {}, second = {}] = upserts(2);
      const bad = { ...second, properties: { nope: "1" } };
      const { objectWriteTraceId: _, ...untraced } = first;
      expect((await client.batch("contacts", "upsert", [untraced, bad])).status).toBe(400);
      const twice = [first, { ...bad, objectWriteTraceId: "0" }];
      expect((await client.batch("contacts", "upsert", twice)).status).toBe(400);
      expect(await sandbox.dump("contacts")).toEqual([]);
    },
  },
  {
    rule: "rows with the same error share one entry and numErrors counts entries",
    async proof(client) {
      const inputs = upserts(5).map((input, index) => (index < 3 ? { ...input, properties: { nope: "1" } } : input));
      const odd = { ...upserts(6)[5], properties: { annualrevenue: "many" } };
      const { body } = await client.batch("contacts", "upsert", [...inputs, odd]);
      expect(body.numErrors).toBe(2);
      expect(body.errors?.map((error) => error.context?.objectWriteTraceId)).toEqual([["0", "1", "2"], ["5"]]);
      expect(body.results).toHaveLength(2);
    },
  },
  {
    rule: "an e-mail that is taken answers 409 with the id in the text",
    async proof(client, sandbox) {
      const [id] = await sandbox.seed("contacts", { email: "taken@example.com" });
      const message = `Contact already exists. Existing ID: ${id}`;
      const input = { properties: { email: " Taken@Example.com" } };
      const whole = await client.batch("contacts", "create", [input]);
      expect(whole).toMatchObject({ status: 409, body: { category: "CONFLICT", message } });
      const row = await client.batch("contacts", "create", [
        { ...input, objectWriteTraceId: "a" },
        { properties: { email: "free@example.com" }, objectWriteTraceId: "b" },
      ]);
      expect(row.status).toBe(207);
      expect(row.body.errors).toMatchObject([
        { category: "CONFLICT", message, context: { objectWriteTraceId: ["a"] } },
      ]);
      expect((await client.create("contacts", { email: "taken@example.com" })).body.message).toBe(message);
    },
  },
  {
    rule: "another unique property that is taken answers 400 and names both records",
    async proof(client, sandbox) {
      await sandbox.control("POST", "fields", { object: "companies", fields: [{ name: "ext", unique: true }] });
      const [mine = "", theirs] = await sandbox.seed("companies", { name: "A", ext: "1" }, { name: "B", ext: "Two" });
      const reply = await client.batch("companies", "update", [
        { id: mine, properties: { ext: "TWO" }, objectWriteTraceId: "0" },
      ]);
      const [error] = reply.body.errors ?? [];
      expect(error?.category).toBe("VALIDATION_ERROR");
      expect(error?.message).toMatch(
        /^Cannot set PropertyValueCoordinates\{portalId=\d+, .*propertyName=ext, value=TWO\}/,
      );
      expect(error?.message).toContain(` on ${mine}. ${theirs} already has that value.`);
    },
  },
  {
    rule: "results come in an order that is not the inputs', and carry trace id, id, new and the sent properties",
    async proof(client, sandbox) {
      const [old] = await sandbox.seed("contacts", { email: "p1@example.com", city: "Kyoto" });
      const [first = {}, second = {}] = upserts(2);
      const { status, body } = await client.batch("contacts", "upsert", [first, second]);
      expect(status).toBe(200);
      expect(body.results?.map((result) => [result.objectWriteTraceId, result.new])).toEqual([
        ["1", false],
        ["0", true],
      ]);
      expect(body.results?.[0]?.id).toBe(old);
      expect(Object.keys(body.results?.[0]?.properties ?? {}).sort()).toEqual(
        ["createdate", "firstname", "hs_object_id", "lastmodifieddate"].sort(),
      );
    },
  },
  {
    rule: "batch create answers 201, batch archive 204",
    async proof(client, sandbox) {
      const created = await client.batch("deals", "create", [{ properties: { dealname: "One" } }]);
      expect(created.status).toBe(201);
      const id = created.body.results?.[0]?.id ?? "";
      expect((await client.batch("deals", "archive", [{ id }])).status).toBe(204);
      expect(await sandbox.dump("deals")).toEqual([]);
      expect(await sandbox.dump("deals", "&archived=true")).toMatchObject([{ id, archived: true }]);
    },
  },
  {
    rule: "batch read answers 207 and one OBJECT_NOT_FOUND with all missing ids",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { email: "here@example.com" });
      const whole = await client.read("contacts", ["HERE@example.com"], ["email", "city"], "email");
      expect(whole).toMatchObject({ status: 200, body: { results: [{ id, properties: { city: null } }] } });
      const part = await client.read("contacts", [id, "17", "18"], ["email"]);
      expect(part).toMatchObject({
        status: 207,
        body: {
          numErrors: 1,
          results: [{ id }],
          errors: [{ category: "OBJECT_NOT_FOUND", context: { ids: ["17", "18"] } }],
        },
      });
      expect(
        (
          await client.read(
            "contacts",
            Array.from({ length: 101 }, (_, n) => `${n}`),
            [],
          )
        ).status,
      ).toBe(400);
    },
  },
  {
    rule: "batch update of an id that does not exist is that row's OBJECT_NOT_FOUND",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { email: "here@example.com" });
      const reply = await client.batch("contacts", "update", [
        { id, properties: { city: "Oslo" }, objectWriteTraceId: "a" },
        { id: "17", properties: { city: "Oslo" }, objectWriteTraceId: "b" },
      ]);
      expect(reply.status).toBe(207);
      expect(reply.body.results).toMatchObject([{ id, properties: { city: "Oslo" } }]);
      expect(reply.body.errors).toMatchObject([
        { category: "OBJECT_NOT_FOUND", context: { ids: ["17"], objectWriteTraceId: ["b"] } },
      ]);
    },
  },
  {
    rule: "batch update with an e-mail as id and no idProperty changes nothing and is no error",
    async proof(client, sandbox) {
      await sandbox.seed("contacts", { email: "here@example.com" });
      const input = { id: "here@example.com", properties: { city: "Oslo" }, objectWriteTraceId: "a" };
      const silent = await client.batch("contacts", "update", [input]);
      expect(silent).toMatchObject({ status: 200, body: { status: "COMPLETE", results: [] } });
      expect(silent.body.errors).toBeUndefined();
      const named = await client.batch("contacts", "update", [{ ...input, idProperty: "email" }]);
      expect(named.body.results).toMatchObject([{ properties: { city: "Oslo" } }]);
    },
  },
  {
    rule: "an upsert changes the properties that were sent and leaves the others",
    async proof(client, sandbox) {
      const [id] = await sandbox.seed("contacts", { email: "here@example.com", city: "Oslo", phone: "1" });
      await client.batch("contacts", "upsert", [
        { id: "here@example.com", idProperty: "email", properties: { phone: "2" }, objectWriteTraceId: "0" },
      ]);
      expect(await sandbox.dump("contacts")).toMatchObject([{ id, properties: { city: "Oslo", phone: "2" } }]);
    },
  },
];
