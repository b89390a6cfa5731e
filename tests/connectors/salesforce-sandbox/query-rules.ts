// Rules of SOQL: what it selects, how it compares, orders and pages, and what it refuses.
import { expect } from "vitest";
import type { TestClient } from "./client.ts";
import { EXTERNAL_ID, type Rule } from "./rules.ts";

const PEOPLE = [
  { LastName: "Ash", Email: "ash@example.com", Title: "Boss", Score__c: 1, DoNotCall: true, Birthdate: "1980-05-01" },
  { LastName: "Birch", Email: "Birch@Example.com", Title: "100%", Score__c: 2.5, Birthdate: "1990-01-31" },
  { LastName: "O'Cedar", Email: "cedar@example.com", Score__c: -3 },
  { LastName: "Elm\\Oak", Title: "boss_1" },
];

async function names(client: TestClient, where: string): Promise<unknown[]> {
  const { body, error } = await client.query(`SELECT LastName FROM Contact WHERE ${where} ORDER BY LastName`);
  if (error !== null) throw new Error(`${where}: ${error.errorCode} ${error.message}`);
  return body.records.map(({ LastName }) => LastName);
}

const [ASH, BIRCH, CEDAR, ELM] = PEOPLE.map(({ LastName }) => LastName);

const CONDITIONS: readonly (readonly [where: string, found: readonly unknown[]])[] = [
  ["LastName = 'ASH'", [ASH]],
  ["Email IN ('BIRCH@example.com', 'cedar@example.com', 'x@example.com')", [BIRCH, CEDAR]],
  ["Email NOT IN ('ash@example.com')", [BIRCH, ELM, CEDAR]],
  ["Email = null", [ELM]],
  ["Email != null AND Title = null", [CEDAR]],
  ["Title != 'Boss'", [BIRCH, ELM, CEDAR]],
  ["LastName = 'O\\'Cedar'", [CEDAR]],
  ["LastName = 'Elm\\\\Oak'", [ELM]],
  ["LastName LIKE '%c%'", [BIRCH, CEDAR]],
  ["LastName LIKE '_sh'", [ASH]],
  ["Title LIKE '100\\%'", [BIRCH]],
  ["Title LIKE 'boss\\_%'", [ELM]],
  ["(NOT LastName LIKE 'A%') AND Score__c > 0", [BIRCH]],
  ["Score__c >= -3 AND Score__c < 2.5", [ASH, CEDAR]],
  ["Score__c IN (1, 2.5)", [ASH, BIRCH]],
  ["DoNotCall = true", [ASH]],
  ["Birthdate < 1985-01-01", [ASH]],
  ["Birthdate = 1990-01-31 OR (LastName = 'ash' AND DoNotCall = TRUE)", [ASH, BIRCH]],
  ["CreatedDate > 2020-01-01T00:00:00Z", [ASH, BIRCH, ELM, CEDAR]],
  ["CreatedDate < 2020-01-01T02:00:00+02:00", []],
  ["Account.Name = 'forest'", [BIRCH]],
  ["Account.Ext__c IN ('f')", [BIRCH]],
  ["Contact.LastName = 'Ash'", [ASH]],
];

export const QUERY_RULES: readonly Rule[] = [
  {
    rule: "conditions: text without case, escapes, IN, LIKE, nulls, numbers, booleans, dates, times, parents",
    async proof(client, sandbox) {
      await sandbox.fields("Account", EXTERNAL_ID);
      await sandbox.fields("Contact", { name: "Score__c", type: "double" });
      await sandbox.seed("Account", { Name: "Forest", Ext__c: "f" });
      await sandbox.seed("Contact", ...PEOPLE.map((one, n) => (n === 1 ? { ...one, Account: { Ext__c: "f" } } : one)));
      const found = [];
      for (const [where] of CONDITIONS) found.push([where, await names(client, where)]);
      expect(found).toEqual(CONDITIONS);
    },
  },
  {
    rule: "ids are found in both forms, case-sensitive keys to the letter",
    async proof(client, sandbox) {
      await sandbox.fields("Account", { name: "Key__c", external_id: true, unique: true, case_sensitive: true });
      const [a = "", b = ""] = await sandbox.seed("Account", { Name: "A", Key__c: "x" }, { Name: "B", Key__c: "X" });
      const ids = async (where: string) =>
        (await client.query(`SELECT Id FROM Account WHERE ${where}`)).body.records.map(({ Id }) => Id);
      expect(await ids(`Id IN ('${a.slice(0, 15)}', '${b}')`)).toEqual([a, b]);
      expect(await ids("Key__c = 'X'")).toEqual([b]);
      expect(await ids("Key__c IN ('x')")).toEqual([a]);
    },
  },
  {
    rule: "rows bear their type and link; parents are nested, null where there is none",
    async proof(client, sandbox) {
      const [account = ""] = await sandbox.seed("Account", { Name: "Forest" });
      const [a = ""] = await sandbox.seed("Contact", { LastName: "A", AccountId: account }, { LastName: "B" });
      const soql = "SELECT Id, c.Account.Name, Account.Owner.Username, Owner.Name FROM Contact c ORDER BY c.LastName";
      const { body } = await client.query(soql);
      const link = (type: string, id: string) => ({ type, url: `/services/data/v60.0/sobjects/${type}/${id}` });
      expect(body).toMatchObject({ totalSize: 2, done: true });
      expect(body.records[0]).toMatchObject({
        attributes: link("Contact", a),
        Id: a,
        Account: {
          attributes: link("Account", account),
          Name: "Forest",
          Owner: { Username: "integration@sandbox.example" },
        },
        Owner: { Name: "Integration" },
      });
      expect(body.records[1]).toMatchObject({ Account: null });
    },
  },
  {
    rule: "ORDER BY puts nulls first unless told otherwise; LIMIT and OFFSET cut; COUNT() counts",
    async proof(client, sandbox) {
      await sandbox.seed("Contact", { LastName: "b", Title: "2" }, { LastName: "A" }, { LastName: "C", Title: "1" });
      const order = async (rest: string) =>
        (await client.query(`SELECT LastName FROM Contact ${rest}`)).body.records.map(({ LastName }) => LastName);
      expect(await order("ORDER BY LastName")).toEqual(["A", "b", "C"]);
      expect(await order("ORDER BY Title")).toEqual(["A", "C", "b"]);
      expect(await order("ORDER BY Title DESC NULLS LAST")).toEqual(["b", "C", "A"]);
      expect(await order("ORDER BY LastName DESC LIMIT 1 OFFSET 1")).toEqual(["b"]);
      const counted = await client.query("SELECT COUNT() FROM Contact WHERE Title != null");
      expect(counted.body).toMatchObject({ totalSize: 2, done: true, records: [] });
    },
  },
  {
    rule: "pages: 2,000 rows, or the batch size asked for (from 200); the locator gives the rest",
    async proof(client, sandbox) {
      const many = Array.from({ length: 2_300 }, (_, n) => ({ LastName: `N${String(n).padStart(4, "0")}` }));
      await sandbox.seed("Contact", ...many);
      const first = (await client.query("SELECT LastName FROM Contact")).body;
      expect([first.totalSize, first.done, first.records.length]).toEqual([2_300, false, 2_000]);
      const rest = (await client.more(first.nextRecordsUrl ?? "")).body;
      expect([rest.done, rest.records.length, rest.records[0]?.LastName]).toEqual([true, 300, "N2000"]);
      expect(rest).not.toHaveProperty("nextRecordsUrl");
      for (const [asked, given] of [
        [500, 500],
        [10, 200],
      ]) {
        const headers = { "Sforce-Query-Options": `batchSize=${asked}` };
        expect((await client.query("SELECT Id FROM Contact", { headers })).body.records).toHaveLength(given ?? 0);
      }
      const lost = await client.call("GET", "/query/01g000000000001AAA-2000");
      expect(lost.error?.errorCode).toBe("INVALID_QUERY_LOCATOR");
    },
  },
  {
    rule: "deleted records are seen by queryAll only",
    async proof(client, sandbox) {
      const [a = ""] = await sandbox.seed("Contact", { LastName: "A", Email: "a@example.com" }, { LastName: "B" });
      await client.remove("Contact", [a]);
      const soql = "SELECT Id, IsDeleted FROM Contact WHERE Email IN ('a@example.com')";
      expect((await client.query(soql)).body.totalSize).toBe(0);
      expect((await client.query(soql, { all: true })).body.records).toMatchObject([{ Id: a, IsDeleted: true }]);
      expect((await client.query("SELECT Id FROM Contact")).body.totalSize).toBe(1);
    },
  },
  {
    rule: "what cannot be understood is refused: MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE, INVALID_QUERY_FILTER_OPERATOR",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", { name: "Secret__c", visible: false });
      const refused = [
        ["SELECT Id FRM Contact", "MALFORMED_QUERY"],
        ["SELECT Id FROM Contact WHERE LastName = 'a", "MALFORMED_QUERY"],
        ["SELECT Id FROM Contact WHERE LastName = 'a' AND Phone = '1' OR Title = 'b'", "MALFORMED_QUERY"],
        ["SELECT Id FROM Contact LIMIT x", "MALFORMED_QUERY"],
        ["SELECT Id, Nonsense FROM Contact", "INVALID_FIELD"],
        ["SELECT Id FROM Contact WHERE Secret__c = 'a'", "INVALID_FIELD"],
        ["SELECT Nothing.Name FROM Contact", "INVALID_FIELD"],
        ["SELECT Id FROM Contact WHERE LastName = 5", "INVALID_FIELD"],
        ["SELECT Id FROM Contact WHERE DoNotCall = 'true'", "INVALID_FIELD"],
        ["SELECT Id FROM Contact WHERE Birthdate = '1990-01-01'", "INVALID_FIELD"],
        ["SELECT Id FROM Contact WHERE Description = 'a'", "INVALID_FIELD"],
        ["SELECT Id FROM Nothing__c", "INVALID_TYPE"],
        ["SELECT Id FROM Contact WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR"],
      ] as const;
      const seen = [];
      for (const [soql] of refused) seen.push([soql, (await client.query(soql)).error?.errorCode]);
      expect(seen).toEqual(refused);
    },
  },
];
