// Proves that a CRM in use is no worse for Sluice's visit: one record a person, whatever people and triggers did meanwhile.
import { describe, expect, it } from "vitest";
import { type Org, orgConnection, orgMaker } from "./org.ts";
import { PEOPLE_SQL } from "./people.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newOrg = orgMaker();

const CUSTOMER_ID = { name: "Customer_Id__c", type: "string", length: 40, unique: true, external_id: true };
const FIELDS = { Customer_Id__c: "id", Email: "email", FirstName: "first", LastName: "last", MailingCity: "city" };
const SYNC = {
  model: "people",
  destination: { connection: "sales", object: "Contact" },
  match: [{ Customer_Id__c: "id" }, { Email: "email" }],
  fields: FIELDS,
};

type Row = { id: number; email: string | null; first?: string; last: string; city?: string };
const row = (id: number, part: Partial<Row> = {}): Row => ({
  id,
  email: `p${id}@example.com`,
  first: `First ${id}`,
  last: `Last ${id}`,
  city: "Oslo",
  ...part,
});

function orgProject(org: Org, people: readonly Row[], sync: object = {}, more: Record<string, unknown> = {}) {
  return newProject({
    "sluice.yml": { version: 1, connections: { warehouse: { type: "duckdb" }, sales: orgConnection(org.url) } },
    "models/people.sql": PEOPLE_SQL,
    "syncs/people.yml": { ...SYNC, ...sync },
    "people.json": people,
    ...more,
  });
}

async function orgWithCustomers(): Promise<Org> {
  const org = await newOrg();
  await org.addFields("Contact", [CUSTOMER_ID]);
  return org;
}

const contacts = async (org: Org) =>
  (await org.dump("Contact")).map((one) => [one.Customer_Id__c, one.Email, one.LastName]).sort();

describe.concurrent("Salesforce contacts", () => {
  it("are created, then silent, then changed by one field of one record", async () => {
    const org = await orgWithCustomers();
    const project = orgProject(org, [row(1), row(2, { last: 'O\'Néil "Ω"' })]);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { state: "succeeded", created: 2 } });
    await org.forgetRequests();
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
    expect(await org.writes()).toEqual([]);
    project.write({ "people.json": [row(1, { city: "Bergen" }), row(2, { last: 'O\'Néil "Ω"' })] });
    const plan = await project.plan("people");
    expect(plan.sample).toMatchObject([{ fields: [{ field: "MailingCity", old: "Oslo", new: "Bergen" }] }]);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { upsert: { applied: 1 } } } });
    expect(await contacts(org)).toEqual([
      ["1", "p1@example.com", "Last 1"],
      ["2", "p2@example.com", 'O\'Néil "Ω"'],
    ]);
  });

  it("that are there already are adopted by e-mail, in any case, and keep what people typed", async () => {
    const org = await orgWithCustomers();
    const [id] = await org.seed("Contact", [{ LastName: "Typed", Email: "P1@Example.com", MailingCity: "Typed city" }]);
    const project = orgProject(org, [{ id: 1, email: "p1@example.com", last: "Last 1" }, row(2)]);
    const linked = await project.json<{ link: object }>(["link", "people"]);
    expect(linked.document.link).toMatchObject({ linked: 1, none: 1, entries: [{ found: 0 }, { found: 1 }] });
    expect(await org.writes()).toEqual([]);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 1, adopted: 1 } });
    const adopted = (await org.dump("Contact")).find((one) => one.Id === id);
    expect(adopted).toMatchObject({ Customer_Id__c: "1", LastName: "Last 1", MailingCity: "Typed city" });
  });

  it("with one e-mail twice in the org are rejected with both ids, and no third is made", async () => {
    const org = await orgWithCustomers();
    const twins = await org.seed("Contact", [
      { LastName: "Twin", Email: "p1@example.com" },
      { LastName: "Twin", Email: "p1@example.com" },
    ]);
    const project = orgProject(org, [row(1), row(2)]);
    const ended = await project.run("people");
    expect(ended).toMatchObject({ status: 3, run: { created: 1, counts: { invalid: 1 } } });
    const rows = await project.json<{ groups: { examples: { message: string }[] }[] }>(["rows", ended.run.id]);
    expect(rows.document.groups).toMatchObject([{ code: "AMBIGUOUS_MATCH" }]);
    for (const id of twins) expect(rows.document.groups[0]?.examples[0]?.message).toContain(id);
    expect(await org.dump("Contact")).toHaveLength(3);
  });

  it("a changed e-mail stays one record", async () => {
    const org = await orgWithCustomers();
    const project = orgProject(org, [row(1)]);
    await project.run("people");
    project.write({ "people.json": [row(1, { email: "new@example.com" })] });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0 } });
    expect(await contacts(org)).toEqual([["1", "new@example.com", "Last 1"]]);
  });

  it("a row that moves to another primary key with the same e-mail stays one record", async () => {
    const org = await orgWithCustomers();
    const project = orgProject(org, [row(1)], { on_removed: "delete", guards: "off" });
    await project.run("people");
    const [before] = await org.dump("Contact");
    project.write({ "people.json": [row(7, { email: "p1@example.com" })] });
    expect((await project.run("people")).status).toBe(0);
    const after = await org.dump("Contact");
    expect(after.map(({ Id }) => Id)).toEqual([before?.Id]);
    expect(after).toMatchObject([{ Customer_Id__c: "7", Email: "p1@example.com" }]);
  });

  it("that a person deleted are not made again", async () => {
    const org = await orgWithCustomers();
    const project = orgProject(org, [row(1), row(2)]);
    await project.run("people");
    const gone = (await org.dump("Contact")).find((one) => one.Customer_Id__c === "1");
    await org.remove("Contact", gone?.Id ?? "");
    project.write({ "people.json": [row(1, { city: "A" }), row(2, { city: "B" })] });
    expect(await project.run("people")).toMatchObject({
      run: { created: 0, operations: { upsert: { applied: 1, skipped: 1 } } },
    });
    expect((await project.run("people")).run.created).toBe(0);
    expect(await contacts(org)).toEqual([["2", "p2@example.com", "Last 2"]]);
  });

  it("that a person merged live on as one record, whose rows go on", async () => {
    const org = await orgWithCustomers();
    const project = orgProject(org, [row(1), row(2)]);
    await project.run("people");
    const idOf = new Map((await org.dump("Contact")).map((one) => [one.Customer_Id__c, one.Id]));
    await org.setUp("merge", { object: "Contact", master: idOf.get("2"), losers: [idOf.get("1")] });
    project.write({ "people.json": [row(1, { city: "A" }), row(2, { city: "B" })] });
    expect((await project.run("people")).run.created).toBe(0);
    expect((await project.run("people")).run.created).toBe(0);
    expect((await org.dump("Contact")).map(({ Id }) => Id)).toEqual([idOf.get("2")]);
  });

  it("that a person merged into one of their own go on there", async () => {
    const org = await orgWithCustomers();
    const project = orgProject(org, [row(1)]);
    await project.run("people");
    const [ours] = await org.dump("Contact");
    const [theirs] = await org.seed("Contact", [{ LastName: "Typed", Email: "typed@example.com" }]);
    await org.setUp("merge", { object: "Contact", master: theirs, losers: [ours?.Id] });
    project.write({ "people.json": [row(1, { city: "Bergen" })] });
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { created: 0, operations: { upsert: { applied: 1 } } },
    });
    expect(await org.dump("Contact")).toMatchObject([{ Id: theirs, MailingCity: "Bergen" }]);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  });

  it("two syncs on one contact, of which one loses the row: the record stays", async () => {
    const org = await orgWithCustomers();
    const second = { ...SYNC, model: "others", write: "update", fields: { Customer_Id__c: "id", Title: "first" } };
    const project = orgProject(
      org,
      [row(1), row(2)],
      { on_removed: "delete", guards: "off" },
      {
        "models/others.sql": PEOPLE_SQL.replace("people.json", "others.json"),
        "syncs/others.yml": second,
        "others.json": [row(1)],
      },
    );
    await project.run("people");
    expect(await project.run("others")).toMatchObject({ status: 0, run: { adopted: 1 } });
    project.write({ "people.json": [] });
    const ended = await project.run("people");
    expect(ended).toMatchObject({ status: 0, run: { operations: { delete: { applied: 1, transferred: 1 } } } });
    expect(await contacts(org)).toEqual([["1", "p1@example.com", "Last 1"]]);
  });

  it("of another org are never written: the token of another account is blocked", async () => {
    const [org, other] = [await orgWithCustomers(), await newOrg({ seed: 2 })];
    await other.addFields("Contact", [CUSTOMER_ID]);
    const project = orgProject(org, [row(1)]);
    await project.run("people");
    project.write({
      "sluice.yml": { version: 1, connections: { warehouse: { type: "duckdb" }, sales: orgConnection(other.url) } },
    });
    expect(await project.run("people")).toMatchObject({ status: 4, error: { code: "DESTINATION_CHANGED" } });
    expect(await other.writes()).toEqual([]);
  });

  it("five poison rows among many are named, all others land", async () => {
    const org = await orgWithCustomers();
    const people = Array.from({ length: 400 }, (_, index) => row(index + 1));
    const broken = people.map((one) => (one.id % 80 === 0 ? { ...one, email: `broken ${one.id}` } : one));
    const project = orgProject(org, broken, { guards: "off" });
    const ended = await project.run("people");
    expect(ended).toMatchObject({ status: 3, run: { operations: { upsert: { applied: 395, rejected: 5 } } } });
    const rows = await project.json<{ groups: object[] }>(["rows", ended.run.id]);
    expect(rows.document.groups).toMatchObject([{ code: "INVALID_EMAIL_ADDRESS", field: "Email", count: 5 }]);
    project.write({ "people.json": people });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 5 } });
    expect(await org.dump("Contact")).toHaveLength(400);
  });

  it("go under their account by its external id", async () => {
    const org = await orgWithCustomers();
    await org.addFields("Account", [
      { name: "Company_Id__c", type: "string", length: 40, unique: true, external_id: true },
    ]);
    const [account] = await org.seed("Account", [{ Name: "Acme", Company_Id__c: "A-1" }]);
    const project = orgProject(org, [row(1, { city: "A-1" }), row(2, { city: "nobody" })], {
      fields: { ...FIELDS, MailingCity: "first", "Account.Company_Id__c": "city" },
    });
    expect(await project.run("people")).toMatchObject({ status: 3, run: { created: 1 } });
    expect(await org.dump("Contact")).toMatchObject([{ Customer_Id__c: "1", AccountId: account }]);
  });

  it("leads that were converted are told, and nothing is written to the dead record", async () => {
    const org = await newOrg();
    await org.addFields("Lead", [CUSTOMER_ID]);
    const sync = {
      destination: { connection: "sales", object: "Lead" },
      fields: { ...FIELDS, MailingCity: undefined, Company: "city" },
    };
    const project = orgProject(org, [row(1), row(2)], sync);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 2 } });
    const lead = (await org.dump("Lead")).find((one) => one.Customer_Id__c === "1");
    await org.setUp("convert", { lead: lead?.Id });
    project.write({ "people.json": [row(1, { city: "Changed" }), row(2)] });
    const ended = await project.run("people");
    expect(ended.status).toBe(3);
    const rows = await project.json<{ groups: object[] }>(["rows", ended.run.id]);
    expect(rows.document.groups).toMatchObject([{ code: "CANNOT_UPDATE_CONVERTED_LEAD", count: 1 }]);
    const left = await org.dump("Lead");
    expect(left).toHaveLength(2);
    expect(left.find(({ Id }) => Id === lead?.Id)).toMatchObject({ IsConverted: true, Company: "Oslo" });
  });

  it("an owner who was made inactive is told for that row alone", async () => {
    const org = await orgWithCustomers();
    const [gone] = await org.seed("User", [
      { Username: "gone@acme.example", Email: "gone@acme.example", Alias: "gone", LastName: "Gone", IsActive: false },
    ]);
    const project = orgProject(org, [row(1, { city: gone ?? "" }), row(2, { city: "" })], {
      fields: { Customer_Id__c: "id", Email: "email", LastName: "last", OwnerId: "city" },
    });
    const ended = await project.run("people");
    expect(ended).toMatchObject({ status: 3, run: { created: 1 } });
    const rows = await project.json<{ groups: object[] }>(["rows", ended.run.id]);
    expect(rows.document.groups).toMatchObject([{ code: "INACTIVE_OWNER_OR_USER", count: 1 }]);
  });

  it("of an owner who is made inactive stay his and take changes; no new one is made for him", async () => {
    const org = await orgWithCustomers();
    const [owner = ""] = await org.seed("User", [
      { Username: "rep@acme.example", Email: "rep@acme.example", Alias: "rep", LastName: "Rep" },
    ]);
    const project = orgProject(org, [row(1, { city: owner })], {
      fields: { Customer_Id__c: "id", Email: "email", LastName: "last", OwnerId: "city" },
    });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 1 } });
    await org.setUp("edit", { id: owner, values: { IsActive: false } });
    project.write({ "people.json": [row(1, { city: owner, last: "Changed" }), row(2, { city: owner })] });
    expect(await project.run("people")).toMatchObject({
      status: 3,
      run: { created: 0, operations: { upsert: { applied: 1, rejected: 1 } } },
    });
    expect(await org.dump("Contact")).toMatchObject([{ OwnerId: owner, LastName: "Changed" }]);
  });
});

describe.concurrent("guards", () => {
  it("hold 44 of 45 accounts gone; the approved set alone is deleted", async () => {
    const org = await newOrg();
    await org.addFields("Account", [CUSTOMER_ID]);
    const all = Array.from({ length: 45 }, (_, index) => row(index + 1));
    const project = orgProject(org, all, {
      destination: { connection: "sales", object: "Account" },
      match: { Customer_Id__c: "id" },
      fields: { Customer_Id__c: "id", Name: "last" },
      on_removed: "delete",
      allow_cascade: true,
    });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 45 } });
    await org.forgetRequests();
    project.write({ "people.json": all.slice(0, 1) });
    const held = await project.run("people");
    expect(held).toMatchObject({ status: 4, run: { code: "HELD", reason: expect.stringContaining("removed: 44") } });
    expect(await org.writes()).toEqual([]);
    await project.sluice(["approve", held.run.id]);
    // Ten of them are back by then: what is left of the approved set goes.
    project.write({ "people.json": all.slice(0, 11) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { delete: { applied: 34 } } } });
    expect(await org.dump("Account")).toHaveLength(11);
  });
});

describe.concurrent("before anything is sent", () => {
  it.each([
    { what: "an unknown field", sync: { fields: { ...FIELDS, Emial: "email" } }, code: "UNKNOWN_FIELD" },
    { what: "a read-only field", sync: { fields: { ...FIELDS, CreatedDate: "first" } }, code: "READ_ONLY_FIELD" },
    { what: "a key that Salesforce does not upsert by", sync: { match: { LastName: "last" } }, code: "NOT_UNIQUE" },
    { what: "a required field left out", sync: { fields: { Email: "email" } }, code: "REQUIRED_FIELD" },
  ])("$what is a problem with its place", async ({ sync, code }) => {
    const org = await orgWithCustomers();
    const project = orgProject(org, [row(1)], sync);
    const refused = await project.json<{ error: { problems: object[] } }>(["run", "people"]);
    expect(refused).toMatchObject({
      status: 2,
      document: { error: { problems: [{ file: "syncs/people.yml", code }] } },
    });
    expect(await org.writes()).toEqual([]);
  });

  it("deleting accounts, which carry contacts along, needs allow_cascade", async () => {
    const org = await newOrg();
    await org.addFields("Account", [CUSTOMER_ID]);
    const sync = {
      destination: { connection: "sales", object: "Account" },
      match: { Customer_Id__c: "id" },
      fields: { Customer_Id__c: "id", Name: "last" },
      on_removed: "delete",
    };
    const project = orgProject(org, [row(1), row(2)], sync);
    const refused = await project.json<{ error: { problems: object[] } }>(["plan", "people"]);
    expect(refused).toMatchObject({ status: 2, document: { error: { problems: [{ code: "CASCADE_REFUSED" }] } } });
    project.write({ "syncs/people.yml": { ...SYNC, ...sync, allow_cascade: true, guards: "off" } });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 2 } });
    project.write({ "people.json": [row(2)] });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { delete: { applied: 1 } } } });
    expect(await org.dump("Account")).toHaveLength(1);
  });
});
