// Proves that `conformance` tries each assumption in the account beside the sandbox, tells where they differ, and leaves nothing behind.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { orgConnection, orgMaker } from "./org.ts";
import { projectFile } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const newOrg = orgMaker();

type Row = { assumption: string; sandbox: { holds: boolean | null }; account: { holds: boolean | null; says: string } };
type Document = { conformance: { done: boolean; account: string; rows: Row[]; deleted: number; left: string[] } };

const command = (object: string, ...more: string[]) => [
  "conformance",
  "--connection",
  "crm",
  "--object",
  object,
  ...more,
];

describe.concurrent("conformance", () => {
  it.each(["contacts", "companies"])(
    "of %s: every assumption holds in the sandbox, and its records are gone",
    async (object) => {
      const portal = await newPortal();
      const project = newProject({ "sluice.yml": projectFile(portal.url) });
      const { status, document } = await project.json<Document>(command(object, "--yes"));
      const { rows, deleted, left } = document.conformance;
      expect(rows.filter((row) => row.account.holds !== true || row.sandbox.holds !== true)).toEqual([]);
      expect({ status, left }).toEqual({ status: 0, left: [] });
      expect(rows.length).toBeGreaterThanOrEqual(object === "contacts" ? 18 : 10);
      expect(deleted).toBeGreaterThan(9);
      expect(await portal.dump(object)).toEqual([]);
    },
  );

  it("writes nothing without --yes, and says what it would do", async () => {
    const portal = await newPortal();
    const project = newProject({ "sluice.yml": projectFile(portal.url) });
    const asked = await project.sluice(command("contacts"));
    expect(asked).toMatchObject({ status: 0, stdout: expect.stringMatching(/some 20 to 30 records.*--yes/s) });
    expect(await portal.writes()).toEqual([]);
  });

  it("tells what differs: exit 3, with what was seen", async () => {
    const portal = await newPortal();
    // An account whose answers to batch reads are cut short.
    await portal.fault({ match: { method: "POST", path: "/batch/read" }, times: 99, fault: "empty" });
    const project = newProject({ "sluice.yml": projectFile(portal.url) });
    const { status, document } = await project.json<Document>(command("contacts", "--yes"));
    const differing = document.conformance.rows.filter((row) => row.account.holds === false);
    expect(status).toBe(3);
    expect(differing.map((row) => row.assumption).join()).toMatch(/read by.*|a read leaves ids out/);
    expect(await portal.dump()).toEqual([]);
  });

  it.each(["hubspot", "salesforce"])("of %s deletes what it made when it is interrupted", async (vendor) => {
    const [portal, org] = [await newPortal(), await newOrg()];
    const isHubspot = vendor === "hubspot";
    const crm = isHubspot ? portal : org;
    await crm.fault({ match: { method: "POST" }, times: null, fault: { delay_ms: 200 } });
    const { connections } = projectFile(portal.url) as { connections: object };
    const sales = { ...connections, crm: orgConnection(org.url) };
    const project = newProject({ "sluice.yml": { version: 1, connections: isHubspot ? connections : sales } });
    const running = project.start([...command(isHubspot ? "contacts" : "Contact", "--yes"), "--json"]);
    while ((await crm.writes()).length < 4) await new Promise((resume) => setTimeout(resume, 20));
    running.child.kill("SIGINT");
    const ended = await running.ended;
    expect({ status: ended.status, document: JSON.parse(ended.stdout) }).toMatchObject({
      status: 130,
      document: { error: { code: "CANCELLED" } },
    });
    expect(isHubspot ? await portal.dump() : await org.dump("Contact")).toEqual([]);
  });

  it("an unknown connection or object is exit 2 with a way out", async () => {
    const portal = await newPortal();
    const project = newProject({ "sluice.yml": projectFile(portal.url) });
    const wrong = await project.sluice(["conformance", "--connection", "crn", "--object", "contacts", "--yes"]);
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('did you mean "crm"') });
    const nowhere = newProject({ "sluice.yml": projectFile("http://127.0.0.1:9") });
    expect(await nowhere.sluice(command("contacts"))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/127\.0\.0\.1:9 cannot be reached.*check base_url/s),
    });
    const object = await project.sluice(command("contcts", "--yes"));
    expect(object.status).not.toBe(0);
    expect(await portal.writes()).toEqual([]);
  });
});

/** The sandbox of the comparison has standard fields only; an org of the user's may have more. */
const EXT = { name: "Ext__c", length: 40, external_id: true, unique: true };
const orgFile = (url: string) => ({ version: 1, connections: { crm: orgConnection(url) } });

describe.concurrent("conformance of Salesforce", () => {
  it.each(["Contact", "Account", "Lead", "Case", "Opportunity"])(
    "%s: every assumption holds or says why it could not be tried, and its records are gone",
    async (object) => {
      const org = await newOrg();
      const project = newProject({ "sluice.yml": orgFile(org.url) });
      const { status, document } = await project.json<Document>(command(object, "--yes"));
      const { rows, deleted, left, account } = document.conformance;
      expect(rows.filter((row) => row.account.holds === false || row.sandbox.holds === false)).toEqual([]);
      expect(rows.filter((row) => row.account.holds === null && row.account.says === "")).toEqual([]);
      expect({ status, left }).toEqual({ status: 0, left: [] });
      expect(rows.filter((row) => row.account.holds === true).length).toBeGreaterThanOrEqual(14);
      expect(deleted).toBeGreaterThan(9);
      expect(account).toMatch(/^Salesforce org 00D\w{15} \(.*Developer Edition/);
      for (const one of ["Account", object]) expect(await org.dump(one)).toEqual([]);
    },
  );

  it.each(["Contact", "Account"])("%s with unique external ids: keys and parents are tried too", async (object) => {
    const org = await newOrg();
    for (const one of ["Account", "Contact"]) await org.addFields(one, [EXT]);
    await org.addFields(object, [{ name: "Vip__c", type: "boolean" }]);
    const project = newProject({ "sluice.yml": orgFile(org.url) });
    const { status, document } = await project.json<Document>(command(object, "--yes"));
    const { rows, left } = document.conformance;
    expect(rows.filter((row) => row.account.holds !== true)).toEqual([]);
    expect({ status, left }).toEqual({ status: 0, left: [] });
    for (const one of ["Account", "Contact"]) expect(await org.dump(one)).toEqual([]);
  });

  it("logs in with a signed assertion, too", async () => {
    const org = await newOrg();
    const encoding = { type: "spki", format: "pem" } as const;
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2_048,
      publicKeyEncoding: encoding,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    await org.setUp("keys", { client_id: "trial", public_key: publicKey });
    const username = "integration@sandbox.example";
    const auth = { flow: "jwt", client_id: "trial", username, private_key: "${file:key.pem}" };
    const crm = { type: "salesforce", login_url: org.url, auth };
    const project = newProject({ "sluice.yml": { version: 1, connections: { crm } }, "key.pem": privateKey });
    const { status, document } = await project.json<Document>(command("Lead", "--yes"));
    expect({ status, left: document.conformance.left }).toEqual({ status: 0, left: [] });
    expect(await org.dump("Lead")).toEqual([]);
  });

  it("tells what differs, and which records it could not delete", async () => {
    const org = await newOrg();
    // An org whose triggers give up on every call that is half refused.
    await org.setUp("triggers", { object: "Contact", fails_partial: true });
    await org.fault({ match: { method: "DELETE", path: "/composite/sobjects" }, times: 99, fault: { status: 503 } });
    const project = newProject({ "sluice.yml": orgFile(org.url) });
    const { status, document } = await project.json<Document>(command("Contact", "--yes"));
    const { rows, left } = document.conformance;
    const differing = rows.filter((row) => row.account.holds === false).map((row) => row.assumption);
    expect(status).toBe(3);
    expect(differing.join()).toMatch(/a bad row is refused alone/);
    expect(left).toHaveLength((await org.dump("Contact")).length);
    expect(left[0]).toMatch(/^003\w{15} \(503/);
  });

  it("an object of which no record can be made is said before anything is written", async () => {
    const org = await newOrg();
    const project = newProject({ "sluice.yml": orgFile(org.url) });
    await org.addFields("Case", [{ name: "Visit__c", type: "reference", reference_to: "Campaign", required: true }]);
    const refused = await project.sluice(command("Case", "--yes"));
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("Visit__c") });
    const user = await project.sluice(command("User", "--yes"));
    expect(user).toMatchObject({ status: 2, stderr: expect.stringContaining("make and delete records of User") });
    const unknown = await project.sluice(command("Contct", "--yes"));
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining("Contct") });
    expect(await org.writes()).toEqual([]);
  });
});
