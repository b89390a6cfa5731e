// Proves S12, S13, S15 and S16: what update, insert, removals, nulls, blanks and rival rows do to records, end to end.
import { describe, expect, it } from "vitest";
import { byCustomer, CUSTOMER_ID, crowd, type Person, peopleProject } from "./people.ts";
import { type Fields, portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";
import { wiretapMaker } from "./wiretap.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const newWiretap = wiretapMaker();

async function world(people: readonly Person[], sync: object, seeded: readonly Fields[] = []) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const ids = await portal.seed("contacts", seeded);
  const wire = await newWiretap(portal.url);
  const project = newProject(peopleProject(wire.url, people, { guards: "off", ...sync }));
  const edit = (change: (row: Person) => Person) => project.write({ "people.json": people.map(change) });
  return { portal, wire, project, ids, edit };
}

const fields = (more: object) => ({ customer_id: "id", email: "email", firstname: "first", ...more });

describe.concurrent("write", () => {
  it("update: writes to records that are there, skips the others and remembers them", async () => {
    const seeded = [
      { email: "p1@example.com", city: "Typed" },
      { customer_id: "2", email: "other@example.com" },
    ];
    const { portal, wire, project, edit } = await world(crowd(4), { write: "update" }, seeded);
    const first = await project.run("people");
    expect(first).toMatchObject({
      status: 0,
      run: { created: 0, adopted: 2, operations: { update: { applied: 2, skipped: 2 } } },
    });
    expect(await portal.dump()).toHaveLength(2);
    expect(byCustomer(await portal.dump()).get("1")).toMatchObject({ city: "Oslo", firstname: "First 1" });
    wire.forget();
    // Remembered: not planned again before the row changes or the day is over.
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0, counts: { unchanged: 4 } } });
    await portal.seed("contacts", [{ email: "p3@example.com" }]);
    edit((row) => (row.id === 3 ? { ...row, city: "Bergen" } : row));
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { update: { applied: 1 } } } });
    expect(byCustomer(await portal.dump()).get("3")).toMatchObject({ city: "Bergen", firstname: "First 3" });
    expect(wire.sent()).toHaveLength(1);
  });

  it("insert: creates what is not there, and never touches it again", async () => {
    const { portal, wire, project, edit } = await world(crowd(3), { write: "insert" }, [
      { email: "p1@example.com", city: "Typed" },
    ]);
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { created: 2, operations: { insert: { applied: 2, skipped: 1 } } },
    });
    wire.forget();
    edit((row) => ({ ...row, city: "Bergen" }));
    expect(await project.run("people")).toMatchObject({ status: 0 });
    expect(wire.sent()).toEqual([]);
    expect((await portal.dump()).map((record) => record.properties.city).sort()).toEqual(["Oslo", "Oslo", "Typed"]);
  });

  it("upsert: a record deleted by hand stays deleted, and its row is told as skipped", async () => {
    const { portal, project, edit } = await world(crowd(3), {});
    await project.run("people");
    const gone = byCustomer(await portal.dump()).get("2")?.hs_object_id ?? "";
    await portal.archive("contacts", gone);
    edit((row) => ({ ...row, city: "Bergen" }));
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { created: 0, operations: { upsert: { applied: 2, skipped: 1 } } },
    });
    expect(await portal.dump()).toHaveLength(2);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0 } });
    expect(await portal.dump()).toHaveLength(2);
  });

  it("upsert with on_missing_record: recreate makes a deleted record anew", async () => {
    const { portal, project, edit } = await world(crowd(3), { on_missing_record: "recreate" });
    await project.run("people");
    await portal.archive("contacts", byCustomer(await portal.dump()).get("2")?.hs_object_id ?? "");
    edit((row) => ({ ...row, city: "Bergen" }));
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 1 } });
    expect(byCustomer(await portal.dump()).get("2")).toMatchObject({
      city: "Bergen",
      email: "p2@example.com",
      lastname: "Last 2",
    });
  });

  it("upsert: a record merged by hand is followed to the record that answers for it", async () => {
    const { portal, project, edit } = await world(crowd(3), {}, [{ email: "double@example.com", phone: "+47 1" }]);
    await project.run("people");
    const records = await portal.dump();
    const ours = byCustomer(records).get("2")?.hs_object_id ?? "";
    const double = records.find((record) => record.properties.email === "double@example.com")?.id ?? "";
    const merged = await portal.merge("contacts", double, ours);
    edit((row) => (row.id === 2 ? { ...row, city: "Bergen" } : row));
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { created: 0, operations: { upsert: { applied: 1 } } },
    });
    expect((await portal.dump()).find((record) => record.id === merged)?.properties).toMatchObject({
      city: "Bergen",
      phone: "+47 1",
    });
    expect(await portal.dump()).toHaveLength(3);
    edit((row) => (row.id === 2 ? { ...row, city: "Voss" } : row));
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { created: 0, operations: { upsert: { applied: 1 } } },
    });
    expect((await portal.dump()).find((record) => record.id === merged)?.properties).toMatchObject({ city: "Voss" });
  });
});

describe.concurrent("on_removed", () => {
  const removing = async (on_removed: unknown, seeded: readonly Fields[] = []) => {
    const made = await world(crowd(3), { on_removed }, seeded);
    await made.project.run("people");
    made.wire.forget();
    made.project.write({ "people.json": crowd(2, 2) });
    return made;
  };

  it("none: leaves the record alone, and a row that returns keeps it", async () => {
    const { portal, wire, project } = await removing("none");
    expect(await project.run("people")).toMatchObject({ status: 0, run: { counts: { removed: 1 } } });
    expect(wire.sent()).toEqual([]);
    project.write({ "people.json": crowd(3).map((row) => (row.id === 1 ? { ...row, city: "Bergen" } : row)) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0 } });
    expect(wire.sent()).toMatchObject([{ operation: "update", properties: { city: "Bergen" } }]);
    expect(await portal.dump()).toHaveLength(3);
  });

  it("clear: empties what we wrote and keeps the match fields", async () => {
    const { portal, project } = await removing("clear");
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { clear: { applied: 1 } } } });
    const left = byCustomer(await portal.dump()).get("1");
    expect(left).toMatchObject({ email: "p1@example.com" });
    expect([left?.firstname ?? null, left?.lastname ?? null, left?.city ?? null]).toEqual([null, null, null]);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  });

  it("archive: where people merged two of our contacts, the row that leaves takes nothing from the one that stays", async () => {
    const { portal, wire, project } = await world(crowd(3), { on_removed: "archive" });
    await project.run("people");
    const records = byCustomer(await portal.dump());
    const [stays = "", leaves = ""] = ["2", "1"].map((customer) => records.get(customer)?.hs_object_id ?? "");
    const merged = await portal.merge("contacts", stays, leaves);
    wire.forget();
    project.write({ "people.json": crowd(2, 2) });
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { counts: { removed: 1 }, operations: { archive: { applied: 0, skipped: 1 } } },
    });
    expect(wire.sent()).toEqual([]);
    expect((await portal.dump()).map(({ id }) => id)).toContain(merged);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  });

  it("set: writes the given values, and a row that returns writes its own again", async () => {
    const { portal, wire, project } = await removing({ set: { lifecyclestage: "other", city: "gone" } });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { set: { applied: 1 } } } });
    expect(wire.sent()).toMatchObject([{ operation: "update", properties: { lifecyclestage: "other", city: "gone" } }]);
    expect(byCustomer(await portal.dump()).get("1")).toMatchObject({
      lifecyclestage: "other",
      city: "gone",
      firstname: "First 1",
    });
    project.write({ "people.json": crowd(3) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0 } });
    expect(byCustomer(await portal.dump()).get("1")).toMatchObject({ city: "Oslo" });
    expect(await portal.dump()).toHaveLength(3);
  });

  it("archive: archives what we created only; a row that returns gets a record again", async () => {
    const { portal, project } = await removing("archive", [{ email: "p1@example.com" }]);
    expect(await project.run("people")).toMatchObject({ status: 0 });
    expect(await portal.dump()).toHaveLength(3);
    project.write({ "people.json": crowd(1, 3) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { archive: { applied: 1 } } } });
    expect([...byCustomer(await portal.dump()).keys()].sort()).toEqual(["1", "3"]);
    project.write({ "people.json": crowd(3) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 1 } });
    expect([...byCustomer(await portal.dump()).keys()].sort()).toEqual(["1", "2", "3"]);
  });
});

describe.concurrent("nulls and blanks", () => {
  it("on_null: clear_ours clears what we wrote, write clears anything, skip clears nothing", async () => {
    const policy = (column: string, on_null: string) => ({ column, on_null });
    const sync = {
      fields: fields({ city: "city", lastname: policy("last", "write"), jobtitle: policy("note", "skip") }),
    };
    const people: Person[] = [
      { id: 1, email: "p1@example.com", first: "a", last: "b", city: "c", note: "d" },
      { id: 2, email: "p2@example.com", first: "a", last: null, city: null, note: null },
    ];
    const { portal, project, edit } = await world(people, sync, [
      { email: "p2@example.com", lastname: "typed", city: "typed", jobtitle: "typed" },
    ]);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { adopted: 1, created: 1 } });
    const adopted = byCustomer(await portal.dump()).get("2");
    expect(adopted).toMatchObject({ firstname: "a", city: "typed", jobtitle: "typed" });
    expect(adopted?.lastname ?? null).toBe(null);
    edit((row) => ({ ...row, last: null, city: null, note: null }));
    expect(await project.run("people")).toMatchObject({ status: 0 });
    const records = byCustomer(await portal.dump());
    expect(records.get("2")).toMatchObject({ city: "typed", jobtitle: "typed" });
    expect(records.get("1")).toMatchObject({ jobtitle: "d" });
    expect([records.get("1")?.city ?? null, records.get("1")?.lastname ?? null]).toEqual([null, null]);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  });

  it("on_blank: as_null clears what we wrote, skip leaves it", async () => {
    const sync = { fields: fields({ city: "city", lastname: { column: "last", on_blank: "skip" } }) };
    const { portal, project, edit } = await world(crowd(1), sync);
    await project.run("people");
    edit((row) => ({ ...row, city: "", last: "" }));
    expect(await project.run("people")).toMatchObject({ status: 0 });
    const record = byCustomer(await portal.dump()).get("1");
    expect([record?.city ?? null, record?.lastname]).toEqual([null, "Last 1"]);
  });

  it("send_together: fields of a group travel with each other", async () => {
    const { wire, project, edit } = await world(crowd(2), { send_together: [["city", "lastname"]] });
    await project.run("people");
    wire.forget();
    edit((row) => (row.id === 1 ? { ...row, city: "Bergen" } : row));
    await project.run("people");
    expect(wire.sent()).toMatchObject([{ operation: "update", properties: { city: "Bergen", lastname: "Last 1" } }]);
  });
});

describe.concurrent("on_duplicate_match", () => {
  const rivals: Person[] = [
    { id: 1, email: "same@example.com", first: "old", updated: 1 },
    { id: 2, email: "same@example.com", first: "new", updated: 2 },
    { id: 3, email: "p3@example.com", first: "alone", updated: 1 },
  ];
  const byEmail = (on_duplicate_match: unknown) => ({
    match: { email: "email" },
    fields: fields({}),
    on_duplicate_match,
  });

  it("reject: none of the newcomers is picked", async () => {
    const { portal, project } = await world(rivals, byEmail("reject"));
    expect(await project.run("people")).toMatchObject({
      status: 3,
      run: { created: 1, counts: { invalid: 2, added: 1 } },
    });
    expect([...byCustomer(await portal.dump()).keys()]).toEqual(["3"]);
  });

  it("keep latest: the greatest value of the column wins, the others are superseded", async () => {
    const { portal, wire, project } = await world(rivals, byEmail({ keep: "latest", by: "updated" }));
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { created: 2, counts: { invalid: 0, unchanged: 1 } },
    });
    expect(byCustomer(await portal.dump()).get("2")).toMatchObject({ firstname: "new" });
    wire.forget();
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
    expect(wire.sent()).toEqual([]);
  });

  it("keep linked: who has the record keeps it, a newcomer is superseded", async () => {
    const { portal, project } = await world(
      rivals.filter((row) => row.id !== 2),
      byEmail({ keep: "linked" }),
    );
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 2 } });
    project.write({ "people.json": rivals });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0, counts: { invalid: 0 } } });
    expect(byCustomer(await portal.dump()).get("1")).toMatchObject({ firstname: "old" });
  });
});

it("counts what the destination did not take over as altered, lists it, and does not send it again", async () => {
  const people: Person[] = [{ id: 1, email: "p1@example.com", first: "a", stage: "customer" }];
  const { portal, wire, project, edit } = await world(people, { fields: fields({ lifecyclestage: "stage" }) });
  expect(await project.run("people")).toMatchObject({
    status: 0,
    run: { operations: { upsert: { applied: 1, altered: 0 } } },
  });
  edit((row) => ({ ...row, stage: "lead" }));
  const ended = await project.run("people");
  expect(ended).toMatchObject({ status: 0, run: { operations: { upsert: { applied: 1, altered: 1 } } } });
  const rows = await project.sluice(["rows", "last", "--state", "altered"]);
  expect(rows.stdout).toMatch(/lifecyclestage: sent "lead", kept "customer"/);
  expect(byCustomer(await portal.dump()).get("1")).toMatchObject({ lifecyclestage: "customer" });
  wire.forget();
  expect(await project.run("people")).toMatchObject({ status: 0 });
  expect(wire.sent()).toEqual([]);
});
