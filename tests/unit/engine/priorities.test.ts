// Proves that a sync's priority reaches the account's gate through a whole run: in planning, where it asks, and in delivery.
import { describe, expect, test } from "vitest";
import type { Priority } from "../../../src/contract/project.ts";
import { CHANGES_ONLY } from "../../../src/engine/plan-sync.ts";
import { runSync } from "../../../src/engine/run-sync.ts";
import { turns } from "../../../src/engine/turns.ts";
import { openWorkbench } from "../../../src/engine/workbench.ts";
import { twinPlace } from "../../sim/story/place.ts";
import { buildProject, type SyncKind } from "../../sim/story/project.ts";
import type { Swarm } from "../../sim/story/swarm.ts";
import { sqlOf, type Table } from "../../sim/story/tables.ts";
import { simConnectors, type Wire } from "../../sim/vendor/connector.ts";
import type { Traits } from "../../sim/vendor/traits.ts";
import { newVendor } from "../../sim/vendor/vendor.ts";
import { chanceOf } from "../../sim/world/chance.ts";
import { NO_FATE, newLife } from "../../sim/world/life.ts";
import { newWorld } from "../../sim/world/world.ts";

const ROWS = 30;
/** One call a second: everybody waits at the gate. */
const TRAITS: Traits = {
  ...{ extIsUnique: true, emailIsUnique: true, mergedAnswers: false, saysCreated: true, refusesWhole: false },
  ...{ altersCity: false, batchSize: 1, concurrency: 3, findSize: 2, limit: { max: 1, intervalMs: 1_000 } },
};
const NO_TROUBLE: Swarm = { calls: [], has: () => false, all: [], callRate: 0 };
const KIND: Omit<SyncKind, "name" | "object" | "guardsCreated"> = {
  ...{ model: "people", connection: "crm", write: "upsert", match: [["ext"]], onMissingRecord: "rematch" },
  ...{ onRemoved: { kind: "none" }, onRemovedAdopted: { kind: "none" }, holdsPartly: false, versions: [["ext"]] },
};

/** A sync to an object of its own; `asks` for its records before it writes. */
type Party = { readonly object: string; readonly priority: Priority; readonly asks: boolean; readonly afterMs: number };

/** Runs syncs of one account side by side; gives what was called, in order: the object of a write, the name of a question. */
async function calls(parties: readonly Party[]): Promise<readonly string[]> {
  const world = newWorld();
  const chance = chanceOf(1);
  const life = newLife(world, "p1", NO_FATE, chance, () => undefined);
  const place = twinPlace(world);
  const called: string[] = [];
  const wire: Wire = {
    left: async (_, __, what) => void called.push(typeof what === "string" ? what : what.object),
    ...{
      introduced: () => undefined,
      arrived: () => undefined,
      refusedForRate: () => undefined,
      wrote: () => undefined,
    },
    overLimit: () => expect.fail("more calls than are allowed"),
  };
  const table: Table = Array.from({ length: ROWS }, (_, index) => {
    return { id: `k${index}`, email: `e${index}@x`, name: "A", city: null, tier: null };
  });
  const sqls = { people: sqlOf(table), everyone: sqlOf(table) };
  place.answers.tell(sqls.people, table, false);
  const kinds = parties.map(({ object, asks }): SyncKind => ({ ...KIND, name: object, object, guardsCreated: asks }));
  const project = buildProject(kinds, { sqls, version: 0, guards: true, workDir: place.workDir });
  const vendor = newVendor(world, TRAITS, NO_TROUBLE, chance);
  const bench = openWorkbench({
    ...{ project, clock: life.clock, random: chance, state: place.state, planner: place.planner },
    connectors: simConnectors({ world, vendor, life, wire, account: place.account }),
  });
  const planTurn = turns(2);
  const run = async ({ object, priority, afterMs }: Party): Promise<void> => {
    const sync = project.syncs.get(object);
    if (sync === undefined) throw new Error(`no sync ${object}`);
    await world.sleep(afterMs);
    const { run: ended } = await runSync(
      bench,
      place.state,
      { ...sync, priority },
      {
        ...{ trigger: "command", who: "ann", approve: false, aim: CHANGES_ONLY, insists: false, holder: "p1" },
        ...{ isDead: () => false, planTurn, onProgress: () => undefined, onRecovered: () => undefined },
      },
      new AbortController().signal,
    );
    expect(ended).toMatchObject({ state: "succeeded", created: ROWS });
  };
  await world.run(Promise.all(parties.map(run)));
  await bench.close();
  return called;
}

/** How many writes of `other` left while those of `object` were under way. */
function between(called: readonly string[], object: string, other: string): number {
  return called.slice(called.indexOf(object), called.lastIndexOf(object)).filter((one) => one === other).length;
}

describe("of two syncs that share an account", () => {
  test.each([
    ["high", "low"],
    ["high", "normal"],
    ["normal", "low"],
  ] as const)("the one of %s priority writes first, of %s only each tenth turn", async (urgent, patient) => {
    const called = await calls([
      { object: "patient", priority: patient, asks: false, afterMs: 0 },
      { object: "urgent", priority: urgent, asks: false, afterMs: 2_000 },
    ]);
    expect(between(called, "urgent", "patient")).toBeLessThanOrEqual(4);
    expect(between(called, "urgent", "patient"), "nobody waits for ever").toBeGreaterThanOrEqual(2);
  });

  test("those of one priority take turns", async () => {
    const called = await calls([
      { object: "patient", priority: "normal", asks: false, afterMs: 0 },
      { object: "urgent", priority: "normal", asks: false, afterMs: 2_000 },
    ]);
    expect(between(called, "urgent", "patient")).toBeGreaterThan(20);
  });

  test("what the urgent one asks in planning does not wait behind the other's writes", async () => {
    const called = await calls([
      { object: "patient", priority: "normal", asks: false, afterMs: 0 },
      { object: "urgent", priority: "high", asks: true, afterMs: 2_000 },
    ]);
    expect(called.filter((one) => one === "find")).toHaveLength(ROWS / 2);
    expect(between(called, "find", "patient")).toBeLessThanOrEqual(2);
  });
});
