// Proves that runs which began before the files changed and those that came after know of each other (S10).
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { crowd } from "../../e2e/people.ts";
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ people: crowd(3) });
});
afterAll(() => rig.close());

it("a record to which a run of the former files is on its way is known to one of the new files", async () => {
  const { live } = rig.service.parts;
  const { loaded: former, release } = live.pin();
  const place = { account: "a", object: "contacts" };
  const stay = former.bench.underway.enter();
  stay.at({ ...place, sync: "people" });
  stay.found(["17"]);

  await writeFile(
    join(rig.dir, "models/more.sql"),
    "/*---\nconnection: warehouse\nprimary_key: id\n---*/\nselect 1 as id",
  );
  // Files count once two looks found them the same.
  for (let look = 0; look < 2; look++) await live.look();
  const { bench } = live.current();
  expect(bench).not.toBe(former.bench);
  const later = bench.underway.enter();
  later.at({ ...place, sync: "firms" });
  expect(await later.comers(["17", "18"])).toEqual(new Map([["17", "people"]]));
  for (const one of [stay, later]) one.leave();
  await release();
});
