// Proves that people are told, by the account, when its calls of the day are nearly spent, and not before.
import { expect, it } from "vitest";
import type { News } from "../../../src/alerts/news.ts";
import type { Workbench } from "../../../src/engine/workbench.ts";
import { watchBudget } from "../../../src/service/watch-budget.ts";
import { aSync } from "../delivery/samples.ts";

async function toldOf(daily: { max: number; remaining: number } | null, reserve = 0.1): Promise<readonly News[]> {
  const sync = { ...aSync(), connection: "crm" };
  const told: News[] = [];
  const bench = {
    project: {
      connections: new Map([["crm", { name: "crm", type: "hubspot", reserve }]]),
      syncs: new Map([[sync.name, sync]]),
    },
    accounts: { open: async () => ({ account: { id: "42" }, gate: { budget: { daily } } }) },
  } as unknown as Workbench;
  await watchBudget({ tell: (news) => told.push(news) }, bench, sync, new AbortController().signal);
  return told;
}

it.each([
  ["a vendor that says nothing", null, 0],
  ["plenty", { max: 1_000, remaining: 900 }, 0],
  ["a tenth beyond the reserve", { max: 1_000, remaining: 200 }, 0],
  ["one less", { max: 1_000, remaining: 199 }, 1],
  ["nothing", { max: 1_000, remaining: 0 }, 1],
] as const)("%s", async (_, daily, count) => {
  expect(await toldOf(daily)).toHaveLength(count);
});

it("names account, connection and syncs", async () => {
  expect(await toldOf({ max: 1_000, remaining: 50 })).toMatchObject([
    { event: "budget", connection: "crm", account: "hubspot 42", left: 50, of: 1_000, reserved: 100, syncs: [{}] },
  ]);
});
