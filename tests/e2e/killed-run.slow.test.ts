// Proves that a run killed in mid-delivery is told as what it is, and that the next run ends what it began: each row once.
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker, type RunDocument } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type Status = { readonly syncs: readonly { readonly last: RunDocument; readonly interrupted: string | null }[] };

it("status and plan say so, rows tell what is in doubt, and the next run brings every row home", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(2_000);
  const project = newProject(peopleProject(portal.url, people, { guards: "off" }));
  await portal.fault({ match: { path: "/batch/upsert" }, times: null, fault: { delay_ms: 400 } });
  const running = project.start(["run", "people"]);
  while ((await portal.writes()).length < 8 && running.child.exitCode === null) await delay(20);
  running.child.kill("SIGKILL");
  expect((await running.ended).signal).toBe("SIGKILL");
  await portal.noFaults();
  // Calls that were on their way when it died still land.
  await delay(1_000);
  const landed = (await portal.dump()).length;
  expect(landed).toBeGreaterThan(0);
  expect(landed).toBeLessThan(people.length);
  await portal.forgetRequests();

  const { document } = await project.json<Status>(["status"]);
  const killed = document.syncs[0]?.last.id ?? "";
  expect(document).toMatchObject({ syncs: [{ last: { state: "writing", ended_at: null }, interrupted: killed }] });
  expect((await project.sluice(["status"])).stdout).toContain(`run ${killed} was interrupted`);
  const plan = await project.sluice(["plan", "people"]);
  expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining(`run ${killed} was interrupted`) });
  const rows = await project.json<{ groups: object[] }>(["rows", killed, "--state", "unknown"]);
  expect(rows.document.groups).toMatchObject([{ code: "IN_DOUBT" }]);
  expect(await portal.writes()).toEqual([]);

  expect(await project.run("people")).toMatchObject({
    status: 0,
    run: { state: "succeeded", created: 2_000 - landed },
  });
  expect(shown(await portal.dump())).toEqual(expected(people));
  expect((await project.json<Status>(["status"])).document).toMatchObject({ syncs: [{ interrupted: null }] });
  const { runs } = (await project.json<{ runs: RunDocument[] }>(["runs"])).document;
  expect(runs.find((run) => run.id === killed)).toMatchObject({ state: "failed", code: "INTERRUPTED" });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0, counts: { unchanged: 2_000 } } });
});
