// Proves that kill -9 at any moment of a run loses nothing and doubles nothing: the last restart leaves exactly the model.
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { mixedSeed, seededRandom } from "../../src/kit/sandbox/seeded-random.ts";
import { CUSTOMER_ID, crowd, expected, type Person, peopleProject, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { projectMaker, type RunDocument, type Running } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

const SEEDS = [1, 2, 3];
const KILLS = 4;
const ROWS = 1_500;

it.concurrent.each(SEEDS)("seed %i", async (seed) => {
  const random = seededRandom(mixedSeed(seed, 7));
  const portal = await newPortal({ seed });
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const strangers = await portal.seed(
    "contacts",
    crowd(50, 90_000).map(({ email = null }) => ({ email })),
  );
  let people: Person[] = crowd(ROWS);
  // Some seeds leave matching to the vendor's own upsert; the others look up first.
  const sync = seed % 2 === 0 ? { match: { customer_id: "id" } } : {};
  // Who made a record whose answer was lost is unknown, so it counts as adopted (S9): these are to go, too.
  const removal = { on_removed: "archive", on_removed_adopted: "archive" };
  const project = newProject(peopleProject(portal.url, people, { guards: "off", ...removal, ...sync }));
  await portal.fault({ match: { path: "/contacts/batch/*" }, times: null, fault: { delay_ms: 150 } });
  for (let kill = 0; kill < KILLS; kill++) {
    await portal.forgetRequests();
    const running = project.start(["run", "people"]);
    // The first dies at any moment of its start, the others after some of their writes.
    const isThere = kill === 0 ? delay(random() * 900) : written(portal, Math.floor(random() * 6), running);
    await Promise.race([isThere, running.ended]);
    await delay(random() * 100);
    running.child.kill("SIGKILL");
    await running.ended;
    // The model moves on between the crashes: rows change, leave and come.
    people = people
      .filter(() => random() > 0.02)
      .map((row) => (random() < 0.6 ? { ...row, city: `City ${kill}` } : row))
      .concat(crowd(20, 2_000 + kill * 20));
    project.write({ "people.json": people });
  }
  await portal.noFaults();

  let last = await project.run("people");
  // Three deaths in a row before an answer was written down: it goes on once somebody says so.
  if (last.error?.code === "QUARANTINED") {
    await project.sluice(["resume", "people"]);
    last = await project.run("people");
  }
  expect(last.error, `seed ${seed}`).toBe(null);
  expect(last, `seed ${seed}`).toMatchObject({ status: 0, run: { state: "succeeded" } });
  const ours = (await portal.dump()).filter((record) => !strangers.includes(record.id));
  expect(shown(ours), `seed ${seed}`).toEqual(expected(people));
  expect(await portal.dump()).toHaveLength(people.length + strangers.length);
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });

  const runs = await project.json<{ runs: RunDocument[] }>(["runs", "--limit", "50"]);
  const interrupted = runs.document.runs.filter((run) => run.code === "INTERRUPTED" || run.resumes > 0);
  // A kill may meet a run before it begins or after its last write: not each of them leaves one.
  expect(interrupted.length, `seed ${seed}`).toBeGreaterThan(0);
  expect(runs.document.runs.every((run) => run.ended_at !== null)).toBe(true);
});

/** Resolves once the sandbox has answered so many writes, or the run is over. */
async function written(portal: Portal, count: number, { child }: Running): Promise<void> {
  while (child.exitCode === null && (await portal.writes()).length < Math.max(count, 1)) await delay(20);
}
