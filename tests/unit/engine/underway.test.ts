// Proves that runs of several syncs in one object know of each other's records before anything of them is accepted (S10).
import { expect, test } from "vitest";
import { openUnderway, type Stay } from "../../../src/engine/underway.ts";

const quiet = new AbortController().signal;
const IN = { account: "portal", object: "contacts" };

function two(others: Partial<typeof IN> = {}): { leads: Stay; customers: Stay } {
  const underway = openUnderway();
  const leads = underway.enter();
  leads.at({ sync: "leads", ...IN });
  const customers = underway.enter();
  customers.at({ sync: "customers", ...IN, ...others });
  return { leads, customers };
}

test("what a plan in the making has found, and what a committed one goes to, is told to the others", async () => {
  const { leads, customers } = two();
  customers.found(["1", "2"]);
  expect([...(await leads.comers(["2", "3"]))]).toEqual([["2", "customers"]]);
  customers.delivers(async (ids) => ids.filter((id) => id === "3"));
  expect([...(await leads.comers(["2", "3"]))], "the plan itself says it better").toEqual([["3", "customers"]]);
  expect([...(await customers.comers(["2", "3"]))], "nobody is its own neighbour").toEqual([]);
  customers.leave();
  expect([...(await leads.comers(["3"]))]).toEqual([]);
});

test("another object, or another account, is none of their business", async () => {
  for (const other of [{ object: "companies" }, { account: "sandbox" }]) {
    const { leads, customers } = two(other);
    customers.found(["1"]);
    leads.removes(["2"]);
    expect([...(await leads.comers(["1"]))]).toEqual([]);
    expect([...(await customers.removed(["2"], quiet))]).toEqual([]);
  }
});

test("what finds more records than are remembered counts as on its way to all of them", async () => {
  const { leads, customers } = two();
  customers.found(Array.from({ length: 50_001 }, (_, id) => `${id}`));
  expect([...(await leads.comers(["never found"]))]).toEqual([["never found", "customers"]]);
});

test("a removal is known to whoever was at work when it began, once it is decided, but for what is spared", async () => {
  const { leads, customers } = two();
  const decide = leads.removes(["1", "2"]);
  let seen: readonly string[] | null = null;
  const asked = customers.removed(["1", "2", "3"], quiet).then((ids) => {
    seen = [...ids];
  });
  await new Promise(setImmediate);
  expect(seen, "nobody knows yet").toBeNull();
  decide(["2"]);
  await asked;
  expect(seen).toEqual(["1"]);
  expect([...(await leads.removed(["1"], quiet))], "its own").toEqual([]);
});

test("whoever is told to stop waits for nobody's decision: what is undecided counts as removed", async () => {
  const { leads, customers } = two();
  leads.removes(["1"]);
  const stop = new AbortController();
  const asked = customers.removed(["1", "2"], stop.signal);
  stop.abort(new Error("stop"));
  expect([...(await asked)]).toEqual(["1"]);
  expect([...(await customers.removed(["1", "2"], stop.signal))]).toEqual(["1"]);
});

test("a record that was removed before a run began, and is back, is like any other", async () => {
  const underway = openUnderway();
  const [leads, tiers] = [underway.enter(), underway.enter()];
  leads.at({ sync: "leads", ...IN });
  tiers.at({ sync: "tiers", ...IN });
  leads.removes(["1"])([]);
  const late = underway.enter();
  late.at({ sync: "customers", ...IN });
  expect([(await tiers.removed(["1"], quiet)).size, (await late.removed(["1"], quiet)).size]).toEqual([1, 0]);
  for (const one of [leads, tiers, late]) one.leave();
  const next = underway.enter();
  next.at({ sync: "customers", ...IN });
  expect((await next.removed(["1"], quiet)).size).toBe(0);
});
