// Proves to whom and how often the events without a run are told, and that an alert tells only of its severities and its owners.
import { expect, it } from "vitest";
import { chooseNews } from "../../../src/alerts/choose-news.ts";
import { type News, syncsOf } from "../../../src/alerts/news.ts";
import { tellNews } from "../../../src/alerts/tell-news.ts";
import type { Told } from "../../../src/alerts/told.ts";
import { ALERT_EVENTS, type Alert, EVENT_SEVERITY, SEVERITIES } from "../../../src/contract/project.ts";
import { type Receiver, receiverMaker } from "./receiver.ts";
import { alertTo, budgetOf, missedOf, NEVER, NOON, newsOf, syncOf, tellerMaker, testTools } from "./samples.ts";

const newReceiver = receiverMaker();
const newTeller = tellerMaker();
const HOUR = 3_600_000;

const ALL = [
  newsOf("fails", "failed"),
  newsOf("partly", "partial"),
  newsOf("held", "held"),
  missedOf("late"),
  budgetOf("hubspot 42"),
  newsOf("well", "succeeded", { wasBad: true }),
];

const chosen = (alert: Alert, news: readonly News[], told: readonly Told[] = [], atMs = NOON) =>
  chooseNews(alert, news, told, atMs).choices.map(({ item }) => item.event);
const to = (patch: Parameters<typeof alertTo>[1] = {}) => alertTo("http://127.0.0.1:9/", patch);

it("every event has its severity", () => {
  expect(EVENT_SEVERITY).toEqual({
    failed: "error",
    partial: "warning",
    held: "warning",
    missed: "warning",
    budget: "warning",
    recovered: "info",
  });
  expect([...ALERT_EVENTS].sort()).toEqual(Object.keys(EVENT_SEVERITY).sort());
  expect(SEVERITIES).toEqual(["error", "warning", "info"]);
});

it.each([
  [{}, ["failed", "partial", "held", "missed", "budget", "recovered"]],
  [{ severity: "info" }, ["failed", "partial", "held", "missed", "budget", "recovered"]],
  [{ severity: "warning" }, ["failed", "partial", "held", "missed", "budget"]],
  [{ severity: "error" }, ["failed"]],
  [{ severity: "warning", on: ["failed", "budget", "recovered"] }, ["failed", "budget"]],
  [{ severity: "error", on: ["missed"] }, []],
] as const)("an alert with %j tells %j", (patch, events) => {
  expect(chosen(to(patch), ALL)).toEqual(events);
});

it("an alert with owners tells of their syncs alone, and of the accounts of those", () => {
  const owned = (owner: string | null) => {
    const sync = syncOf("people", { owner });
    return [
      newsOf("people", "failed", { sync }),
      missedOf("people", { sync }),
      budgetOf("a", { syncs: [syncOf("x"), sync] }),
    ];
  };
  const alert = to({ owners: ["Data-Team", "ada@example.com"] });
  expect(chosen(alert, owned("data-team "))).toEqual(["failed", "missed", "budget"]);
  expect(chosen(alert, owned("ADA@example.com"))).toEqual(["failed", "missed", "budget"]);
  expect(chosen(alert, owned("sales"))).toEqual([]);
  expect(chosen(alert, owned(null))).toEqual([]);
});

it("an account is told to the alerts of its syncs, and to all where it has none", () => {
  const quiet = syncOf("a", { alerts: ["other"] });
  expect(chosen(to(), [budgetOf("x", { syncs: [quiet] })])).toEqual([]);
  expect(chosen(to(), [budgetOf("x", { syncs: [quiet, syncOf("b")] })])).toEqual(["budget"]);
  expect(chosen(to(), [budgetOf("x", { syncs: [] })])).toEqual(["budget"]);
  expect(chosen(to({ owners: ["ada"] }), [budgetOf("x", { syncs: [] })])).toEqual([]);
});

const events = ({ got }: Receiver): string[][] =>
  got.map(({ text }) => {
    const { runs, budgets } = JSON.parse(text) as Record<"runs" | "budgets", { event: string }[]>;
    return [...runs, ...budgets].map(({ event }) => event);
  });

it("an account is told once a day, a missed start once a day, and neither hides what the sync's runs tell", async () => {
  const receiver = await newReceiver();
  const teller = newTeller([alertTo(receiver.url)]);
  const tools = testTools();
  const story: [number, News, string[]][] = [
    [0, budgetOf("hubspot 42"), ["budget"]],
    [0, budgetOf("hubspot 42", { connection: "other", left: 1 }), []],
    [0, budgetOf("hubspot 43"), ["budget"]],
    [1, missedOf("people"), ["missed"]],
    [2, newsOf("people", "failed"), ["failed"]],
    [3, missedOf("people"), []],
    [4, newsOf("people", "failed"), []],
    [5, newsOf("people", "succeeded"), ["recovered"]],
    [6, missedOf("people"), []],
    [7, newsOf("people", "succeeded"), []],
    [23, budgetOf("hubspot 42"), []],
    [24, budgetOf("hubspot 42"), ["budget"]],
    [25, missedOf("people"), ["missed"]],
  ];
  for (const [hours, news, told] of story) {
    const before = receiver.got.length;
    tools.nowMs = NOON + hours * HOUR;
    expect(await tellNews(teller, [news], tools, NEVER)).toEqual([]);
    expect([hours, syncsOf(news)[0]?.name, events(receiver).slice(before).flat()]).toEqual([hours, "people", told]);
  }
});

it("a batch tells a failure and its end, and remembers the last of it", async () => {
  const receiver = await newReceiver();
  const teller = newTeller([alertTo(receiver.url)]);
  const tell = (...news: News[]) => tellNews(teller, news, testTools(), NEVER);
  await tell(newsOf("people", "failed"), newsOf("people", "failed"), newsOf("people", "succeeded", { wasBad: true }));
  await tell(newsOf("people", "succeeded"), newsOf("people", "failed"));
  await tell(newsOf("people", "failed"));
  expect(events(receiver)).toEqual([["failed", "recovered"], ["failed"]]);
});

it("a failure that comes again after a success is news, and a success after a success is none", () => {
  const bad = newsOf("people", "failed");
  const good = newsOf("people", "succeeded");
  expect(chosen(to(), [bad, good, good, bad, bad, good])).toEqual(["failed", "recovered", "failed", "recovered"]);
});

it("a webhook says each event's severity and the gravest of all, a start's times and an account's calls", async () => {
  const receiver = await newReceiver();
  const teller = newTeller([alertTo(receiver.url)]);
  const never = missedOf("never", { cameAt: null, why: "the service was down\nuntil 'Ada' came" });
  await tellNews(teller, [missedOf("late"), never, budgetOf("hubspot 42")], testTools(), NEVER);
  expect(JSON.parse(receiver.got[0]?.text ?? "")).toMatchObject({
    severity: "warning",
    runs: [
      {
        sync: "late",
        event: "missed",
        severity: "warning",
        run: null,
        due_at: "2026-01-02T11:13:00.000Z",
        came_at: "2026-01-02T12:00:00.000Z",
        reason: "the start that was due at 2026-01-02T11:13:00.000Z came 47 min late",
      },
      {
        sync: "never",
        came_at: null,
        reason: "the start that was due at 2026-01-02T11:13:00.000Z did not come: the service was down until '…' came",
      },
    ],
    budgets: [
      {
        event: "budget",
        severity: "warning",
        connection: "crm",
        account: "hubspot 42",
        left: 12_000,
        of: 250_000,
        reserved: 2_500,
        syncs: ["people"],
      },
    ],
    more: 0,
  });
});
