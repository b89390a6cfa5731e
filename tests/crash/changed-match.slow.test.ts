// Proves that a person whose e-mail changes while the insert of her record is in doubt does not get a second one (S19).
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { stageMaker } from "./stage.ts";
import { targetOf } from "./targets.ts";

const newStage = stageMaker();
const ROWS = 400;

/** Matched by e-mail, which Salesforce does not keep unique: it would not notice. Gives how many records our people have. */
async function recordsAfter(configChanges: boolean): Promise<number> {
  const target = targetOf("salesforce", "insert");
  const stage = await newStage({ target, rows: ROWS });
  await stage.slow(60);
  const died = await stage.startWithPoints({ CRASH_POINT: "destination.write:after:1" }).ended;
  expect(died.signal).toBe("SIGKILL");
  await delay(300);
  await stage.slow(null);
  expect((await stage.writes()).length).toBeGreaterThan(0);
  await stage.project.fill(stage.story.people().map((one) => ({ ...one, email: `new${one.id}@example.com` })));
  if (configChanges) stage.project.touchConfig(1);
  expect(await stage.run()).toMatchObject({ status: 0 });
  expect(await stage.run()).toMatchObject({ status: 0, run: { planned: 0 } });
  const keys = (await target.dump(stage.sandbox)).map(({ text }) => text.split("|", 1)[0]);
  return keys.filter((key) => key !== "").length;
}

it("the interrupted run is resumed: its inserts are looked for by the e-mail under which they were sent", async () => {
  expect(await recordsAfter(false)).toBe(ROWS);
});

it("the interrupted run is given up, because the sync's file is another: the new plan looks by both", async () => {
  expect(await recordsAfter(true)).toBe(ROWS);
});
