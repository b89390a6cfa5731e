// Proves that `conformance` tries each assumption in the account beside the sandbox, tells where they differ, and leaves nothing behind.
import { describe, expect, it } from "vitest";
import { projectFile } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

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
    expect(asked).toMatchObject({ status: 0, stdout: expect.stringMatching(/about 20 records.*--yes/s) });
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

  it("an unknown connection or object is exit 2 with a way out", async () => {
    const portal = await newPortal();
    const project = newProject({ "sluice.yml": projectFile(portal.url) });
    const wrong = await project.sluice(["conformance", "--connection", "crn", "--object", "contacts", "--yes"]);
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('did you mean "crm"') });
    const object = await project.sluice(command("contcts", "--yes"));
    expect(object.status).not.toBe(0);
    expect(await portal.writes()).toEqual([]);
  });
});
