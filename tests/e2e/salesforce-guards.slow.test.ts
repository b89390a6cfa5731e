// Proves S22 over Salesforce: what a broken model would do to an org is held whole, nothing is sent, and an approval sends its own set alone.
import { describe, expect, it } from "vitest";
import { approves, contactsMaker, holds, projectFile, rows } from "./contacts.ts";

const { newOrg, synced } = contactsMaker();

describe.concurrent("guards over Salesforce", () => {
  it("hold a join that broke; once approved, the clearings that are left of it go out, by record id", async () => {
    const people = rows(30);
    const { org, project } = await synced(people);
    const nulled = people.map((one) => ({ ...one, city: null }));
    project.write({ "people.json": nulled });
    await approves(project, org, await holds(project, org, "cleared (MailingCity): 30"));
    // Three rows have their city back by then.
    project.write({ "people.json": [...people.slice(0, 3), ...nulled.slice(3)] });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { upsert: { applied: 27 } } } });
    expect((await org.writes()).map(({ method, path }) => [method, path.split("?")[0]])).toEqual([
      ["PATCH", "/services/data/v67.0/composite/sobjects"],
    ]);
    const cities = (await org.dump("Contact")).map((one) => one.MailingCity);
    expect(cities.filter((city) => city === "Oslo")).toHaveLength(3);
    expect(cities.filter((city) => city === null)).toHaveLength(27);
  });

  it("hold a model that shrank; a larger loss is held again, a smaller one is sent by the first approval", async () => {
    const people = rows(60);
    const { org, project } = await synced(people, { on_removed: "delete" });
    project.write({ "people.json": people.slice(8) });
    await approves(project, org, await holds(project, org, "removed: 8"));
    // Eight more than what was released.
    project.write({ "people.json": people.slice(16) });
    await holds(project, org, "removed");
    expect(await org.dump("Contact")).toHaveLength(60);
    // One of the eight is back.
    project.write({ "people.json": people.slice(7) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { delete: { applied: 7 } } } });
    const left = (await org.dump("Contact")).map((one) => Number(one.Customer_Id__c)).sort((a, b) => a - b);
    expect(left).toEqual(people.slice(7).map(({ id }) => id));
  });

  it("do not open another org: an approval of one says nothing of the next (S11)", async () => {
    const people = rows(12);
    const { org, project } = await synced(people, { on_removed: "delete" });
    project.write({ "people.json": people.slice(6) });
    await approves(project, org, await holds(project, org, "removed: 6"));
    const other = await newOrg({ seed: 2 });
    project.write({ "sluice.yml": projectFile(other) });
    for (const act of [[], ["--approve"]]) {
      const { status, error } = await project.run("people", ...act);
      expect({ status, code: error?.code }).toEqual({ status: 4, code: "DESTINATION_CHANGED" });
    }
    expect(await other.writes()).toEqual([]);
    expect(await org.dump("Contact")).toHaveLength(12);
  });
});
