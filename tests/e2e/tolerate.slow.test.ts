// Proves S21: rejects that a sync tolerates leave its run a success and stay listed; beyond what it tolerates the run is partial.
import { describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

/** Twenty people, of whom so many have an e-mail that HubSpot refuses as INVALID_EMAIL. */
async function world(wrong: number, tolerate: object) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(20).map((row, index) => (index < wrong ? { ...row, email: `no address ${row.id}` } : row));
  return { portal, project: newProject(peopleProject(portal.url, people, { tolerate })) };
}

const listed = { groups: [{ state: "rejected", code: "INVALID_EMAIL", field: "email" }] };

describe.concurrent("tolerate", () => {
  it.each([
    { what: "a share, exactly reached", wrong: 1, tolerate: { rejected: "5%" } },
    { what: "a code", wrong: 2, tolerate: { codes: ["INVALID_EMAIL"] } },
    { what: "a share of a code", wrong: 2, tolerate: { rejected: "10%", codes: ["INVALID_EMAIL"] } },
  ])("$what: succeeded, and the rows stay listed", async ({ wrong, tolerate }) => {
    const { portal, project } = await world(wrong, tolerate);
    const ended = await project.run("people");
    expect(ended).toMatchObject({
      status: 0,
      run: { state: "succeeded", reason: null, operations: { upsert: { applied: 20 - wrong, rejected: wrong } } },
    });
    expect(await portal.dump()).toHaveLength(20 - wrong);
    const rows = await project.json<{ groups: { count: number }[] }>(["rows", ended.run.id, "--state", "rejected"]);
    expect(rows).toMatchObject({ status: 0, document: listed });
    expect(rows.document.groups[0]?.count).toBe(wrong);
    expect((await project.sluice(["why", "people", "1"])).stdout).toMatch(/INVALID_EMAIL/);
  });

  it.each([
    { what: "more than the share", wrong: 2, tolerate: { rejected: "5%" } },
    { what: "another code", wrong: 1, tolerate: { codes: ["DUPLICATE_VALUE"] } },
    { what: "another code within the share", wrong: 1, tolerate: { rejected: "50%", codes: ["DUPLICATE_VALUE"] } },
    { what: "the code beyond the share", wrong: 2, tolerate: { rejected: "5%", codes: ["INVALID_EMAIL"] } },
  ])("$what: partial", async ({ wrong, tolerate }) => {
    const { project } = await world(wrong, tolerate);
    const ended = await project.run("people");
    expect(ended).toMatchObject({
      status: 3,
      run: {
        state: "partial",
        new_rejected: wrong,
        reason: `${wrong} row${wrong === 1 ? "" : "s"} rejected`,
        operations: { upsert: { applied: 20 - wrong, rejected: wrong } },
      },
    });
  });
});
