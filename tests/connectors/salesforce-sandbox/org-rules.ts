// Rules that come of an org's set-up and people: duplicate and validation rules, triggers, owners, record types, merges.
import { expect } from "vitest";
import { codes, failureOf, idOf } from "./client.ts";
import { EXTERNAL_ID, type Rule } from "./rules.ts";

const ALLOW = { "Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=true; runAsCurrentUser=true" };
const TOLD = { "Sforce-Duplicate-Rule-Header": "allowSave=false; includeRecordDetails=true" };

export const ORG_RULES: readonly Rule[] = [
  {
    rule: "an alert rule refuses duplicates with DUPLICATES_DETECTED and duplicateResut, until allowSave=true",
    async proof(client, sandbox) {
      await sandbox.setUp("duplicate-rules", { object: "Contact", fields: ["Email"], action: "alert" });
      const [id] = await sandbox.seed("Contact", { LastName: "A", Email: "a@example.com" });
      const rows = [
        { LastName: "B", Email: "A@example.com" },
        { LastName: "C", Email: "c@example.com" },
      ];
      const reply = await client.create("Contact", rows);
      expect(codes(reply)).toEqual(["DUPLICATES_DETECTED", "ok"]);
      const found = failureOf(reply).duplicateResut;
      expect(found).toMatchObject({ allowSave: true });
      expect(found?.matchResults[0]?.matchRecords[0]?.record).toMatchObject({ Id: id });
      expect(found?.matchResults[0]?.matchRecords[0]?.record).not.toHaveProperty("Email");
      const told = failureOf(await client.create("Contact", rows, { headers: TOLD })).duplicateResut;
      expect(told?.matchResults[0]?.matchRecords[0]?.record).toMatchObject({ Id: id, Email: "a@example.com" });
      expect(codes(await client.create("Contact", rows.slice(0, 1), { headers: ALLOW }))).toEqual(["ok"]);
    },
  },
  {
    rule: "a block rule refuses duplicates whatever the header says; updates that leave its fields alone pass",
    async proof(client, sandbox) {
      await sandbox.setUp("duplicate-rules", { object: "Contact", fields: ["LastName", "Phone"], action: "block" });
      const [, b = ""] = await sandbox.seed("Contact", { LastName: "A", Phone: "1" }, { LastName: "A", Phone: "1" });
      const rows = [{ LastName: "a", Phone: "1" }, { LastName: "A", Phone: "2" }, { LastName: "A" }];
      const reply = await client.create("Contact", rows, { headers: ALLOW });
      expect(codes(reply)).toEqual(["DUPLICATES_DETECTED", "ok", "ok"]);
      expect(failureOf(reply).duplicateResut).toMatchObject({ allowSave: false });
      const changes = [
        { Id: b, Title: "T" },
        { Id: b, Phone: "1" },
      ];
      expect(codes(await client.update("Contact", changes))).toEqual(["ok", "DUPLICATES_DETECTED"]);
    },
  },
  {
    rule: "a validation rule refuses records as they would be, FIELD_CUSTOM_VALIDATION_EXCEPTION with its own message",
    async proof(client, sandbox) {
      const rule = { object: "Opportunity", when: { StageName: "Closed Won", Amount: null }, field: "Amount" };
      await sandbox.setUp("validation-rules", { ...rule, message: "Say how much" });
      const [id = ""] = await sandbox.seed("Opportunity", {
        Name: "O",
        StageName: "Prospecting",
        CloseDate: "2026-01-01",
      });
      const reply = await client.update("Opportunity", [{ Id: id, StageName: "Closed Won" }]);
      const expected = { statusCode: "FIELD_CUSTOM_VALIDATION_EXCEPTION", message: "Say how much", fields: ["Amount"] };
      expect(failureOf(reply)).toEqual(expected);
      expect(codes(await client.update("Opportunity", [{ Id: id, StageName: "Closed Won", Amount: 5 }]))).toEqual([
        "ok",
      ]);
    },
  },
  {
    rule: "with a trigger that cannot bear partial failures one bad row fails the whole call; alone it fails by itself",
    async proof(client, sandbox) {
      await sandbox.setUp("triggers", { object: "Contact", fails_partial: true });
      const [good, bad] = [{ LastName: "A" }, { LastName: "B", Email: "bad" }];
      const reply = await client.create("Contact", [good, bad, good]);
      const text = "Too many batch retries in the presence of Apex triggers and partial failures.";
      expect(reply.body.map((row) => row.errors[0]?.message)).toEqual([text, text, text]);
      expect(await sandbox.dump("Contact")).toEqual([]);
      expect(codes(await client.create("Contact", [bad]))).toEqual(["INVALID_EMAIL_ADDRESS"]);
      expect(codes(await client.create("Contact", [good, good]))).toEqual(["ok", "ok"]);
      await sandbox.setUp("triggers", { object: "Lead", fails_partial: "call" });
      const lead = { LastName: "A", Company: "C" };
      expect((await client.create("Lead", [lead, { LastName: "B" }])).error?.message).toBe(text);
      expect(await sandbox.dump("Lead")).toEqual([]);
    },
  },
  {
    rule: "a trigger refuses the rows that fit its condition, with any status code, as often as it is told to",
    async proof(client, sandbox) {
      const full = { object: "Contact", when: { Title: "T" }, error: "STORAGE_LIMIT_EXCEEDED", times: 2 };
      await sandbox.setUp("triggers", full);
      const rows = Array.from({ length: 4 }, (_, n) => ({ LastName: `N${n}`, ...(n === 1 ? {} : { Title: "T" }) }));
      const reply = await client.create("Contact", rows);
      expect(codes(reply)).toEqual(["STORAGE_LIMIT_EXCEEDED", "ok", "STORAGE_LIMIT_EXCEEDED", "ok"]);
    },
  },
  {
    rule: "rows of one parent that do not stand together meet UNABLE_TO_LOCK_ROW; sorted by parent they pass",
    async proof(client, sandbox) {
      await sandbox.setUp("triggers", { object: "Contact", locks_by: "AccountId" });
      const [a, b] = await sandbox.seed("Account", { Name: "A" }, { Name: "B" });
      const rows = [a, b, a, b].map((AccountId, n) => ({ LastName: `N${n}`, AccountId }));
      const mixed = await client.create("Contact", rows);
      expect(codes(mixed)).toEqual(["ok", "ok", "UNABLE_TO_LOCK_ROW", "UNABLE_TO_LOCK_ROW"]);
      const sorted = [rows[0], rows[2], rows[1], rows[3]].map((row) => ({ ...row }));
      expect(codes(await client.create("Contact", sorted))).toEqual(["ok", "ok", "ok", "ok"]);
    },
  },
  {
    rule: "Sforce-Auto-Assign is TRUE by default, on create and on update: only FALSE keeps the owner",
    async proof(client, sandbox) {
      const [queue = ""] = await sandbox.seed("Group", { Name: "Inbound", DeveloperName: "Inbound", Type: "Queue" });
      const { id } = await sandbox.setUp<{ id: string }>("assignment-rules", { object: "Lead", owner: queue });
      const owners = async () => (await sandbox.dump("Lead")).map(({ OwnerId }) => OwnerId === queue);
      const row = [{ LastName: "A", Company: "C" }];
      await client.create("Lead", row, { headers: { "Sforce-Auto-Assign": "FALSE" } });
      expect(await owners()).toEqual([false]);
      const mine = (await sandbox.dump("Lead"))[0]?.Id;
      await client.update("Lead", [{ Id: mine, Title: "T" }], { headers: { "Sforce-Auto-Assign": "FALSE" } });
      expect(await owners()).toEqual([false]);
      await client.update("Lead", [{ Id: mine, Title: "U" }]);
      await client.create("Lead", row);
      await client.create("Lead", row, { headers: { "Sforce-Auto-Assign": id } });
      expect(await owners()).toEqual([true, true, true]);
    },
  },
  {
    rule: "assignment rules are for leads, cases and accounts, on create and on update",
    async proof(client, sandbox) {
      const user = { Username: "rep@example.com", LastName: "Rep", Email: "rep@example.com" };
      const [rep] = await sandbox.seed("User", user);
      for (const [object, fields, change] of [
        ["Lead", { LastName: "A", Company: "C" }, { Title: "T" }],
        ["Case", { Subject: "A" }, { Subject: "B" }],
        ["Account", { Name: "A" }, { Name: "B" }],
      ] as const) {
        await sandbox.setUp("assignment-rules", { object, owner: rep });
        const owned = async () => (await sandbox.dump(object)).map(({ OwnerId }) => OwnerId === rep);
        const kept = { headers: { "Sforce-Auto-Assign": "FALSE" } };
        await client.create(object, [fields], kept);
        const [record] = await sandbox.dump(object);
        await client.update(object, [{ Id: record?.Id, ...change }], kept);
        expect(await owned(), object).toEqual([false]);
        await client.update(object, [{ Id: record?.Id, ...fields }]);
        await client.create(object, [fields]);
        expect(await owned(), object).toEqual([true, true]);
      }
    },
  },
  {
    rule: "an inactive user cannot become an owner, a queue only of leads and cases; who owns already may stay inactive",
    async proof(client, sandbox) {
      const user = { Username: "gone@example.com", LastName: "Gone", Email: "gone@example.com", IsActive: false };
      const [gone = ""] = await sandbox.seed("User", user);
      const [queue] = await sandbox.seed("Group", { Name: "Q", Type: "Queue" });
      const reply = await client.create("Contact", [
        { LastName: "A", OwnerId: gone },
        { LastName: "B", OwnerId: queue },
      ]);
      expect(codes(reply)).toEqual(["INACTIVE_OWNER_OR_USER", "MALFORMED_ID"]);
      expect(failureOf(reply).message).toBe(
        `operation performed with inactive user [${gone.slice(0, 15)}] as owner of contact`,
      );
      expect(codes(await client.create("Lead", [{ LastName: "A", Company: "C", OwnerId: queue }]))).toEqual(["ok"]);
      await sandbox.setUp("edit", { id: gone, values: { IsActive: true } });
      expect(codes(await client.create("Contact", [{ LastName: "A", OwnerId: gone }]))).toEqual(["ok"]);
      const active = { Username: "u@example.com", LastName: "U", Email: "u@example.com" };
      const [owner] = await sandbox.seed("User", active);
      const [contact] = await sandbox.seed("Contact", { LastName: "A", OwnerId: owner });
      await sandbox.setUp("edit", { id: owner, values: { IsActive: false } });
      expect(codes(await client.update("Contact", [{ Id: contact, OwnerId: owner, Title: "T" }]))).toEqual(["ok"]);
      expect(codes(await client.update("Contact", [{ Id: contact, OwnerId: null }]))).toEqual([
        "INVALID_CROSS_REFERENCE_KEY",
      ]);
    },
  },
  {
    rule: "record types: their picklists differ, those of another object or out of use are refused",
    async proof(client, sandbox) {
      await sandbox.fields("Account", { name: "Tier__c", type: "picklist", options: ["A", "B"], restricted: true });
      const type = async (body: object) => (await sandbox.setUp<{ id: string }>("record-types", body)).id;
      const shop = await type({ object: "Account", developer_name: "Shop", picklists: { Tier__c: ["A"] } });
      const old = await type({ object: "Account", developer_name: "Old", active: false });
      const other = await type({ object: "Lead", developer_name: "Other" });
      const rows = [
        { Name: "1", Tier__c: "B" },
        { Name: "2", Tier__c: "A", RecordTypeId: shop },
        { Name: "3", Tier__c: "B", RecordTypeId: shop },
        { Name: "4", RecordTypeId: old },
        { Name: "5", RecordTypeId: other },
      ];
      const reply = await client.create("Account", rows);
      const wrong = "INVALID_CROSS_REFERENCE_KEY";
      expect(codes(reply)).toEqual(["ok", "ok", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", wrong, wrong]);
      const { body } = await client.query(
        "SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND DeveloperName = 'Shop'",
      );
      expect(body.records.map(({ Id }) => Id)).toEqual([shop]);
    },
  },
  {
    rule: "a converted lead is there but cannot be written; what came of it is named",
    async proof(client, sandbox) {
      await sandbox.fields("Lead", EXTERNAL_ID);
      const [lead = ""] = await sandbox.seed("Lead", {
        LastName: "A",
        Company: "C",
        Ext__c: "1",
        Email: "a@example.com",
      });
      const made = await sandbox.setUp<{ contactId: string; accountId: string }>("convert", { lead });
      const reply = await client.upsert("Lead", "Ext__c", [{ Ext__c: "1", Title: "T" }]);
      expect(codes(reply)).toEqual(["CANNOT_UPDATE_CONVERTED_LEAD"]);
      expect(reply.body[0]).toMatchObject({ id: lead, created: false });
      const { body } = await client.query(`SELECT IsConverted, ConvertedContactId FROM Lead WHERE Id = '${lead}'`);
      expect(body.records[0]).toMatchObject({ IsConverted: true, ConvertedContactId: made.contactId });
      expect(await sandbox.dump("Contact")).toMatchObject([
        { Id: made.contactId, AccountId: made.accountId, Email: "a@example.com" },
      ]);
    },
  },
  {
    rule: "records merged by hand: the loser is deleted and names its master, its children move, its keys are free",
    async proof(client, sandbox) {
      await sandbox.fields("Account", EXTERNAL_ID);
      const [master = "", loser = ""] = await sandbox.seed("Account", { Name: "M" }, { Name: "L", Ext__c: "l" });
      const [child] = await sandbox.seed("Contact", { LastName: "A", AccountId: loser });
      await sandbox.setUp("merge", { object: "Account", master, losers: [loser] });
      expect(codes(await client.update("Account", [{ Id: loser, Name: "X" }]))).toEqual(["ENTITY_IS_DELETED"]);
      expect(await sandbox.dump("Contact")).toMatchObject([{ Id: child, AccountId: master }]);
      const soql = "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true";
      expect((await client.query(soql)).body.records).toEqual([]);
      expect((await client.query(soql, { all: true })).body.records).toMatchObject([
        { Id: loser, MasterRecordId: master },
      ]);
      const again = await client.upsert("Account", "Ext__c", [{ Ext__c: "l", Name: "New" }]);
      expect(again.body[0]?.created).toBe(true);
      expect(idOf(again)).not.toBe(loser);
    },
  },
  {
    rule: "a reference to a deleted record is ENTITY_IS_DELETED",
    async proof(client, sandbox) {
      const [account = ""] = await sandbox.seed("Account", { Name: "A" });
      await client.remove("Account", [account]);
      expect(codes(await client.create("Contact", [{ LastName: "A", AccountId: account }]))).toEqual([
        "ENTITY_IS_DELETED",
      ]);
    },
  },
  {
    rule: "CurrencyIsoCode is unknown in an org with one currency, and restricted in one with several",
    async proof(client, sandbox) {
      const row = (code: string) => [{ Name: code, CurrencyIsoCode: code }];
      expect(codes(await client.create("Account", row("EUR")))).toEqual(["INVALID_FIELD"]);
      await sandbox.setUp("org", { currencies: ["EUR", "USD"] });
      expect(codes(await client.create("Account", [...row("USD"), ...row("XXX"), { Name: "none" }]))).toEqual([
        "ok",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "ok",
      ]);
      expect((await sandbox.dump("Account")).map(({ CurrencyIsoCode }) => CurrencyIsoCode)).toEqual(["USD", "EUR"]);
    },
  },
  {
    rule: "a person account has a person's name and no Name of its own; a business account the other way round",
    async proof(client, sandbox) {
      await sandbox.setUp("org", { person_accounts: true });
      const person = { object: "Account", developer_name: "PersonAccount", person: true };
      const { id } = await sandbox.setUp<{ id: string }>("record-types", person);
      const reply = await client.create("Account", [
        { RecordTypeId: id, FirstName: "Ann", LastName: "A", PersonEmail: "ann@example.com" },
        { RecordTypeId: id, Name: "Ann A" },
        { Name: "Business" },
        { Name: "Business", LastName: "A" },
      ]);
      const wrong = "INVALID_FIELD_FOR_INSERT_UPDATE";
      expect(codes(reply)).toEqual(["ok", wrong, "ok", wrong]);
      const shown = (await sandbox.dump("Account")).map(({ Name, IsPersonAccount }) => [Name, IsPersonAccount]);
      expect(shown).toEqual([
        ["Ann A", true],
        ["Business", false],
      ]);
    },
  },
];
