// Proves that what an account asks of us outlives the process from the very first call on, and that closing complains of nothing but a
// wait that is not over and could not be written down (S20).
import { expect, it } from "vitest";
import type { ConnectorDefinition } from "../../../src/contract/connector.ts";
import type { Abilities, Destination } from "../../../src/contract/destination.ts";
import { Fault, type Hints, NO_HINTS } from "../../../src/contract/fault.ts";
import type { Project } from "../../../src/contract/project.ts";
import type { BudgetRecord, StateStore } from "../../../src/contract/state.ts";
import { newMeter } from "../../../src/delivery/gate.ts";
import { openAccounts } from "../../../src/engine/accounts.ts";
import { running } from "../delivery/samples.ts";
import { virtualClock } from "../delivery/virtual-clock.ts";

const PAUSE_MS = 30_000;
const REFUSED: Hints = { ...NO_HINTS, retryAfterMs: PAUSE_MS, throttled: true };

/** A state and a vendor that outlive processes; `answers` say in order what calls teach, or throw; null for a plain answer. */
function world(answers: readonly ((() => Hints) | null)[] = []) {
  const clock = virtualClock();
  const [budgets, settings] = [new Map<string, BudgetRecord>(), new Map<string, string>()];
  const calledAt: number[] = [];
  let brokenWrites = 0;
  const called = () => {
    calledAt.push(clock.monotonicMs());
    return { calls: 1, hints: answers[calledAt.length - 1]?.() ?? NO_HINTS };
  };
  const destination = {
    abilities: { firstWindow: { max: 100, intervalMs: 10_000 }, searchWindow: null } as Abilities,
    check: async () => ({ value: { id: "4711", label: "portal 4711" }, ...called() }),
    describe: async (object) => ({ value: { object, children: [], fields: new Map() }, ...called() }),
    close: async () => undefined,
  } as Partial<Destination> as Destination;
  const state = {
    budget: async (account: string) => budgets.get(account) ?? null,
    shareBudget: async () => 1,
    putBudget: async (record: BudgetRecord) => {
      if (brokenWrites > 0) {
        brokenWrites--;
        throw new Fault("STATE_FAILED", "the database is locked");
      }
      budgets.set(record.account, record);
    },
    setting: async (name: string) => settings.get(name) ?? null,
    putSetting: async (name: string, value: string) => void settings.set(name, value),
  } as Partial<StateStore> as StateStore;
  const connector = { type: "crm", destination: { open: async () => destination } } as unknown as ConnectorDefinition;
  const connections = new Map([["crm", { name: "crm", type: "crm", config: {} }]]);
  const project = { dir: "/", secrets: [], connections } as unknown as Project;
  return {
    ...{ clock, calledAt },
    breakWrites: (count: number) => {
      brokenWrites = count;
    },
    newProcess: () => openAccounts({ project, connectors: [connector], clock, random: () => 0.5, state }),
  };
}

const refuse = (): never => {
  throw new Fault("THROTTLED", "too many calls", { hints: REFUSED });
};

it.each(["never opened before", "known from before"])(
  "refused at its very first call by an account that was %s, and killed: the next process waits",
  async (known) => {
    const killed = new AbortController();
    const dies = (): never => {
      killed.abort(new Error("killed"));
      return refuse();
    };
    const isKnown = known === "known from before";
    const { clock, calledAt, newProcess } = world(isKnown ? [null, dies] : [dies]);
    if (isKnown) await newProcess().open("crm", newMeter(), running());
    await expect(newProcess().open("crm", newMeter(), killed.signal)).rejects.toThrow("killed");
    await clock.run(newProcess().open("crm", newMeter(), running()));
    const [refusedAt = 0, calledAgainAt = 0] = calledAt.slice(-2);
    expect(calledAgainAt - refusedAt).toBeGreaterThanOrEqual(PAUSE_MS);
  },
);

it("a wait that the answer to the first call asks for holds for the call after it", async () => {
  const { clock, calledAt, newProcess } = world([() => REFUSED]);
  const account = await newProcess().open("crm", newMeter(), running());
  await clock.run(account.describe("contacts", [], newMeter(), running()));
  expect(calledAt[1]).toBeGreaterThanOrEqual(PAUSE_MS);
});

it("what could not be written down for a while and was later is no failure", async () => {
  const { clock, newProcess, breakWrites } = world();
  const accounts = newProcess();
  const account = await accounts.open("crm", newMeter(), running());
  breakWrites(1);
  for (const object of ["contacts", "companies"]) {
    await account.describe(object, [], newMeter(), running());
    await clock.run(clock.sleep(2_000, running()));
  }
  await accounts.close();
});

it("calls of the present window that could not be written down are no failure either", async () => {
  const { newProcess, breakWrites } = world();
  const accounts = newProcess();
  const account = await accounts.open("crm", newMeter(), running());
  breakWrites(100);
  await account.describe("contacts", [], newMeter(), running());
  await accounts.close();
});

it("a wait is written down at the latest when it closes; one that is over need not be", async () => {
  for (const [broken, passedMs, isLost] of [
    [1, 0, false],
    [100, 0, true],
    [100, PAUSE_MS, false],
  ] as const) {
    const { clock, newProcess, breakWrites } = world([null, refuse]);
    const accounts = newProcess();
    const account = await accounts.open("crm", newMeter(), running());
    breakWrites(broken);
    const stop = new AbortController();
    const asking = account.describe("contacts", [], newMeter(), stop.signal).catch(() => undefined);
    await clock.run(clock.sleep(passedMs, running()));
    stop.abort(new Error("enough"));
    await asking;
    const closing = accounts.close();
    if (isLost) await expect(closing).rejects.toMatchObject({ code: "STATE_FAILED" });
    else await closing;
  }
});
