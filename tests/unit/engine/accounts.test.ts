// Proves that an account's wait is kept before closing ends and never lost in silence (S20), and that a failed opening is not kept.
import { expect, test } from "vitest";
import { z } from "zod";
import type { ConnectorDefinition } from "../../../src/contract/connector.ts";
import type { Abilities, Destination } from "../../../src/contract/destination.ts";
import { Fault, NO_HINTS } from "../../../src/contract/fault.ts";
import type { Project } from "../../../src/contract/project.ts";
import type { BudgetRecord, StateStore } from "../../../src/contract/state.ts";
import { newMeter } from "../../../src/delivery/gate.ts";
import { openAccounts } from "../../../src/engine/accounts.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { running } from "../delivery/samples.ts";

/** A destination whose `check` fails so many times, and whose first descriptions ask for a wait of a minute. */
function setUp(putBudget: (record: BudgetRecord) => Promise<void>, { refusals = 0, waits = 1 } = {}) {
  const facts = { opened: 0, closed: 0, described: 0 };
  const open = (): Destination => {
    facts.opened++;
    const raw: Partial<Destination> = {
      abilities: { firstWindow: { max: 100, intervalMs: 10_000 }, searchWindow: null } as Abilities,
      check: async () => {
        if (facts.opened <= refusals) throw new Fault("AUTH_REFUSED", "the token is refused");
        return { value: { id: "4711", label: "portal 4711" }, calls: 1, hints: NO_HINTS };
      },
      describe: async (object) => {
        const hints = { ...NO_HINTS, retryAfterMs: 60_000, throttled: true };
        if (++facts.described <= waits) throw new Fault("THROTTLED", "too many calls", { hints });
        return { value: { object, children: [], fields: new Map() }, calls: 1, hints: NO_HINTS };
      },
      close: async () => {
        facts.closed++;
      },
    };
    return raw as Destination;
  };
  const connector = {
    type: "crm",
    title: "",
    config: z.strictObject({}),
    warehouse: null,
    destination: { open: async () => open() },
    sandbox: null,
  } as unknown as ConnectorDefinition;
  const accounts = openAccounts({
    project: {
      dir: "/",
      secrets: [],
      connections: new Map([["crm", { name: "crm", type: "crm", config: {} }]]),
    } as unknown as Project,
    connectors: [connector],
    clock: fakeClock(),
    random: () => 0.5,
    state: {
      budget: async () => null,
      shareBudget: async () => 1,
      putBudget,
      setting: async () => null,
      putSetting: async () => undefined,
    } as unknown as StateStore,
  });
  return { accounts, facts };
}

test("closing waits until the account's wait is written down", async () => {
  const kept: BudgetRecord[] = [];
  let write = (): void => undefined;
  const written = new Promise<void>((resolve) => {
    write = resolve;
  });
  const { accounts, facts } = setUp(async (record) => {
    await written;
    kept.push(record);
  });
  const account = await accounts.open("crm", newMeter(), running());
  await account.describe("contacts", [], newMeter(), running());
  expect(kept).toEqual([]);
  const closing = accounts.close();
  write();
  await closing;
  expect(kept[0]).toMatchObject({ account: "4711", used: { calls: 2 } });
  expect(facts.closed).toBe(1);
});

test("a wait that could not be written down is thrown from close, and every connection is closed all the same", async () => {
  const full = async () => {
    throw new Fault("STATE_FAILED", "disk full");
  };
  const { accounts, facts } = setUp(full, { waits: Number.POSITIVE_INFINITY });
  const account = await accounts.open("crm", newMeter(), running());
  await expect(account.describe("contacts", [], newMeter(), running())).rejects.toMatchObject({ code: "THROTTLED" });
  await expect(accounts.close()).rejects.toMatchObject({ code: "STATE_FAILED" });
  expect(facts.closed).toBe(1);
});

test("a connection that could not be opened is closed and opened anew for the next one who asks", async () => {
  const { accounts, facts } = setUp(async () => undefined, { refusals: 1 });
  await expect(accounts.open("crm", newMeter(), running())).rejects.toMatchObject({ code: "AUTH_REFUSED" });
  expect(facts).toMatchObject({ opened: 1, closed: 1 });
  expect((await accounts.open("crm", newMeter(), running())).account.id).toBe("4711");
  await accounts.close();
  expect(facts).toMatchObject({ opened: 2, closed: 2 });
});
