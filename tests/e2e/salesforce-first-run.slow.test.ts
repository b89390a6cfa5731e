// Proves S22 over Salesforce: a first run that would fill an org is held, and its approval ends after a day.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openState } from "../../src/state/open-state.ts";
import { realClock } from "../contract/destination/real-clock.ts";
import { approves, contactsMaker, holds, rows } from "./contacts.ts";

const { world } = contactsMaker();
const HOUR_MS = 3_600_000;

describe.concurrent("a first run", () => {
  it("that would create 20,000 contacts is held; once approved, each of them is created once", async () => {
    const people = rows(20_000);
    const { org, project } = await world(people);
    await approves(project, org, await holds(project, org, "created: 20000"));
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 20_000 } });
    const made = await org.dump("Contact");
    expect(made).toHaveLength(20_000);
    expect(new Set(made.map((one) => one.Customer_Id__c)).size).toBe(20_000);
  });

  it("that was approved a day ago, and not sent, is held again", async () => {
    const { org, project } = await world(rows(12), { guards: { created: 10 } });
    const run = await holds(project, org, "created: 12");
    await approves(project, org, run);
    const file = join(project.dir, ".sluice/state.db");
    const state = await openState({ file, mode: "open", clock: realClock });
    const nowMs = realClock.now();
    const [hold] = await state.holds("people", nowMs);
    expect((hold?.until ?? 0) - (hold?.approvedAt ?? 0)).toBe(24 * HOUR_MS);
    // As if the 24 hours had ended a moment ago.
    await state.approve(hold?.id ?? "", "ann", nowMs - 24 * HOUR_MS - 1, nowMs - 1);
    await state.close();
    const again = await holds(project, org, "created: 12");
    await approves(project, org, again);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 12 } });
  });
});
