// Rules of describe, the picklists of record types, and the limits resource.
import { expect } from "vitest";
import type { SentRecord } from "./client.ts";
import { EXTERNAL_ID, type Rule } from "./rules.ts";

type Described = { fields: SentRecord[]; recordTypeInfos: SentRecord[]; childRelationships: SentRecord[] };

export const DESCRIBE_RULES: readonly Rule[] = [
  {
    rule: "describe tells of every field what may be written to it",
    async proof(client, sandbox) {
      await sandbox.fields(
        "Contact",
        { ...EXTERNAL_ID, case_sensitive: true, length: 20 },
        { name: "Score__c", type: "double", precision: 6, scale: 1 },
        { name: "Tier__c", type: "picklist", options: ["Gold"], restricted: true },
        { name: "Must__c", required: true },
        { name: "Boss__c", type: "reference", reference_to: "User", relationship: "Boss__r" },
        { name: "Secret__c", visible: false },
      );
      const { fields } = (await client.describe("Contact")).body as Described;
      const of = (name: string) => fields.find((field) => field.name === name);
      expect(of("Ext__c")).toMatchObject({
        type: "string",
        length: 20,
        externalId: true,
        idLookup: true,
        unique: true,
        caseSensitive: true,
        nillable: true,
        custom: true,
      });
      expect(of("Score__c")).toMatchObject({
        type: "double",
        precision: 6,
        scale: 1,
        length: 0,
        soapType: "xsd:double",
      });
      expect(of("Tier__c")).toMatchObject({
        restrictedPicklist: true,
        picklistValues: [{ value: "Gold", label: "Gold", active: true, validFor: null, defaultValue: false }],
      });
      expect(of("LeadSource")).toMatchObject({ type: "picklist", restrictedPicklist: false });
      expect(of("Must__c")).toMatchObject({ nillable: false, createable: true, defaultedOnCreate: false });
      expect(of("Boss__c")).toMatchObject({ type: "reference", referenceTo: ["User"], relationshipName: "Boss__r" });
      expect(of("Email")).toMatchObject({ type: "email", idLookup: true, externalId: false, unique: false });
      expect(of("LastName")).toMatchObject({ nillable: false, length: 80, label: "Last Name" });
      expect(of("OwnerId")).toMatchObject({ nillable: false, defaultedOnCreate: true, referenceTo: ["User"] });
      expect(of("Name")).toMatchObject({ createable: false, updateable: false });
      expect(of("CreatedDate")).toMatchObject({ type: "datetime", updateable: false });
      expect(of("DoNotCall")).toMatchObject({ type: "boolean", nillable: false, defaultedOnCreate: true });
      expect(of("Secret__c")).toBeUndefined();
    },
  },
  {
    rule: "describe tells key prefix, what may be done, record types, and which children a deletion takes along",
    async proof(client, sandbox) {
      const { id } = await sandbox.setUp<{ id: string }>("record-types", {
        object: "Account",
        developer_name: "Big_Shop",
      });
      await sandbox.fields("Visit__c", {
        name: "Host__c",
        type: "reference",
        reference_to: "Account",
        cascade_delete: true,
      });
      const account = (await client.describe("Account")).body as Described & SentRecord;
      const may = { createable: true, updateable: true, deletable: true, queryable: true, custom: false };
      expect(account).toMatchObject({ name: "Account", keyPrefix: "001", mergeable: true, ...may });
      const type = { recordTypeId: id, developerName: "Big_Shop", name: "Big Shop", master: false, available: true };
      expect(account.recordTypeInfos).toMatchObject([type, { developerName: "Master", master: true }]);
      expect(account.childRelationships).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            childSObject: "Contact",
            field: "AccountId",
            relationshipName: "Contacts",
            cascadeDelete: true,
          }),
          expect.objectContaining({ childSObject: "Visit__c", field: "Host__c", cascadeDelete: true }),
          expect.objectContaining({
            childSObject: "Case",
            field: "AccountId",
            cascadeDelete: false,
            restrictedDelete: true,
          }),
        ]),
      );
      expect((await client.describe("Visit__c")).body).toMatchObject({ keyPrefix: "a00", custom: true });
      expect((await client.describe("User")).body).toMatchObject({ createable: false, deletable: false });
      const all = (await client.call<{ sobjects: SentRecord[] }>("GET", "/sobjects/")).body.sobjects;
      const names = ["Account", "Contact", "Lead", "Opportunity", "Case", "Task", "User", "RecordType", "Visit__c"];
      expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    },
  },
  {
    rule: "the picklists of a record type are told by ui-api, those of the master by describe as well",
    async proof(client, sandbox) {
      await sandbox.fields("Account", { name: "Tier__c", type: "picklist", options: ["A", "B"], restricted: true });
      const type = { object: "Account", developer_name: "Shop", picklists: { Tier__c: ["A"] } };
      const { id } = await sandbox.setUp<{ id: string }>("record-types", type);
      type Values = { picklistFieldValues: Record<string, { values: SentRecord[] }> };
      const offered = async (typeId: string) => {
        const { body } = await client.call<Values>("GET", `/ui-api/object-info/Account/picklist-values/${typeId}`);
        return body.picklistFieldValues.Tier__c?.values.map(({ value }) => value);
      };
      expect(await offered(id)).toEqual(["A"]);
      expect(await offered("012000000000000AAA")).toEqual(["A", "B"]);
      const unknown = await client.call("GET", "/ui-api/object-info/Account/picklist-values/012000000000001AAA");
      expect(unknown.error?.errorCode).toBe("NOT_FOUND");
    },
  },
  {
    rule: "limits tells what the day allows and what is left",
    async proof(client, sandbox) {
      await sandbox.setUp("limits", { daily: 100, used: 39 });
      const { body } = await client.call<SentRecord>("GET", "/limits/");
      expect(body.DailyApiRequests).toEqual({ Max: 100, Remaining: 60 });
      expect(body).toHaveProperty("DailyBulkApiBatches.Max", 15_000);
    },
  },
];
