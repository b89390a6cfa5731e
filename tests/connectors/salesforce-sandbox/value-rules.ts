// Rules of values: types, lengths, picklists, unique and required fields, clearing.
import { expect } from "vitest";
import { codes, failureOf } from "./client.ts";
import { EXTERNAL_ID, type Rule } from "./rules.ts";

/** A value in, the code out, "ok" for one that is kept. */
type Case = readonly [field: string, value: unknown, code: string];

const CASES: readonly Case[] = [
  ["LastName", "x".repeat(80), "ok"],
  ["LastName", "x".repeat(81), "STRING_TOO_LONG"],
  ["LastName", 5, "JSON_PARSER_ERROR"],
  ["Email", "ann@example.com", "ok"],
  ["Email", "ann.example.com", "INVALID_EMAIL_ADDRESS"],
  ["Birthdate", "1990-02-28", "ok"],
  ["Birthdate", "1990-02-30", "JSON_PARSER_ERROR"],
  ["Birthdate", "28.02.1990", "JSON_PARSER_ERROR"],
  ["Birthdate", "1066-10-14", "NUMBER_OUTSIDE_VALID_RANGE"],
  ["DoNotCall", true, "ok"],
  ["DoNotCall", "yes", "JSON_PARSER_ERROR"],
  ["DoNotCall", null, "INVALID_TYPE_ON_FIELD_IN_RECORD"],
  ["LeadSource", "Somewhere else", "ok"],
  ["Tier__c", "Gold", "ok"],
  ["Tier__c", "gold", "ok"],
  ["Tier__c", "Bronze", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"],
  ["Tier__c", null, "ok"],
  ["Topics__c", "News;Offers", "ok"],
  ["Topics__c", "News;Gossip", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"],
  ["Score__c", 999.99, "ok"],
  ["Score__c", "12.5", "ok"],
  ["Score__c", 1_000, "NUMBER_OUTSIDE_VALID_RANGE"],
  ["Score__c", "many", "JSON_PARSER_ERROR"],
  ["Count__c", 7, "ok"],
  ["Count__c", 7.5, "JSON_PARSER_ERROR"],
  ["Seen__c", "2026-03-01T10:00:00Z", "ok"],
  ["Seen__c", "2026-03-01T10:00:00.123+02:00", "ok"],
  ["Seen__c", "2026-03-01 10:00", "JSON_PARSER_ERROR"],
  ["AccountId", "no id", "MALFORMED_ID"],
  ["AccountId", "003000000000001AAA", "MALFORMED_ID"],
  ["AccountId", "001000000000001AAA", "INVALID_CROSS_REFERENCE_KEY"],
  ["Secret__c", "x", "INVALID_FIELD"],
  ["Nonsense__c", "x", "INVALID_FIELD"],
  ["Name", "x", "INVALID_FIELD_FOR_INSERT_UPDATE"],
  ["CreatedDate", "2026-03-01T10:00:00Z", "INVALID_FIELD_FOR_INSERT_UPDATE"],
  ["Formula__c", 1, "INVALID_FIELD_FOR_INSERT_UPDATE"],
  ["lastname", "any case of the name", "ok"],
];

export const VALUE_RULES: readonly Rule[] = [
  {
    rule: "each value is checked by its field's type, length, precision and options, and fails its own row only",
    async proof(client, sandbox) {
      await sandbox.fields(
        "Contact",
        { name: "Tier__c", type: "picklist", options: ["Gold", "Silver"], restricted: true },
        { name: "Topics__c", type: "multipicklist", options: ["News", "Offers"], restricted: true },
        { name: "Score__c", type: "double", precision: 5, scale: 2 },
        { name: "Count__c", type: "int" },
        { name: "Seen__c", type: "datetime" },
        { name: "Secret__c", visible: false },
        { name: "Formula__c", type: "double", calculated: true },
      );
      const rows = CASES.map(([field, value]) => ({
        ...(/^lastname$/i.test(field) ? {} : { LastName: "A" }),
        [field]: value,
      }));
      const reply = await client.create("Contact", rows);
      const seen = codes(reply).map((code, index) => [CASES[index]?.[0], CASES[index]?.[1], code]);
      expect(seen).toEqual(CASES);
      expect(await sandbox.dump("Contact")).toHaveLength(CASES.filter(([, , code]) => code === "ok").length);
    },
  },
  {
    rule: "errors name the field: label in the message, API name in fields; a hidden field looks unknown",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", { name: "Phone", visible: false });
      const reply = await client.create("Contact", [
        { LastName: "x".repeat(81) },
        { LastName: "A", Email: "bad" },
        { LastName: "A", Phone: "1" },
      ]);
      expect(failureOf(reply, 0)).toEqual({
        statusCode: "STRING_TOO_LONG",
        message: `Last Name: data value too large: ${"x".repeat(81)} (max length=80)`,
        fields: ["LastName"],
      });
      expect(failureOf(reply, 1)).toMatchObject({ message: "Email: invalid email address: bad", fields: ["Email"] });
      expect(failureOf(reply, 2).message).toBe("No such column 'Phone' on sobject of type Contact");
    },
  },
  {
    rule: "null clears, blanks are trimmed, an empty text is null; what is not sent stays",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("Contact", { LastName: "A", Phone: "1", Title: "T", Department: "D" });
      expect(codes(await client.update("Contact", [{ Id: id, Phone: null, Title: "", FirstName: "  Ann " }]))).toEqual([
        "ok",
      ]);
      const [record] = await sandbox.dump("Contact");
      expect(record).toMatchObject({ Phone: null, Title: null, FirstName: "Ann", Department: "D", Name: "Ann A" });
    },
  },
  {
    rule: "a required field cannot be cleared",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("Contact", { LastName: "A" });
      const reply = await client.update("Contact", [{ Id: id, LastName: null }]);
      expect(codes(reply)).toEqual(["REQUIRED_FIELD_MISSING"]);
    },
  },
  {
    rule: "a taken unique value is DUPLICATE_VALUE and names the other record with 15 characters",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", EXTERNAL_ID);
      const [id = "", other = ""] = await sandbox.seed("Contact", { LastName: "A", Ext__c: "a" }, { LastName: "B" });
      const reply = await client.update("Contact", [{ Id: other, Ext__c: "A" }]);
      expect(failureOf(reply)).toEqual({
        statusCode: "DUPLICATE_VALUE",
        message: `duplicate value found: Ext__c duplicates value on record with id: ${id.slice(0, 15)}`,
        fields: [],
      });
      await client.remove("Contact", [id]);
      expect(codes(await client.update("Contact", [{ Id: other, Ext__c: "A" }]))).toEqual(["ok"]);
    },
  },
  {
    rule: "defaults are filled in: owner, status, checkboxes, a custom record's name",
    async proof(client, sandbox) {
      await sandbox.fields("Visit__c", { name: "Done__c", type: "boolean" });
      await client.create("Lead", [{ LastName: "A", Company: "C" }]);
      const [lead] = await sandbox.dump("Lead");
      expect(lead).toMatchObject({
        Status: "Open - Not Contacted",
        IsConverted: false,
        OwnerId: expect.stringMatching(/^005/),
      });
      await client.create("Visit__c", [{}]);
      const [visit] = await sandbox.dump("Visit__c");
      expect(visit?.Name).toBe(visit?.Id);
      expect(visit).toMatchObject({ Done__c: false, Id: expect.stringMatching(/^a00[0-9A-Za-z]{15}$/) });
    },
  },
];
