// Proves what is told, to whom and how often: one message an alert and command, the same thing once a day, recoveries, no values, no
// keys, no secrets, and that nothing of it fails a command.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventOf, eventOfFault } from "../../../src/alerts/news.ts";
import { tellNews } from "../../../src/alerts/tell-news.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { type Receiver, receiverMaker } from "./receiver.ts";
import { alertTo, NEVER, NOON, newsOf, runOf, syncOf, tellerMaker, testTools } from "./samples.ts";

const newReceiver = receiverMaker();
const newTeller = tellerMaker();

type Told = { readonly type: string; readonly runs: readonly Record<string, unknown>[]; readonly more: number };
type Slack = { readonly text: string; readonly blocks: readonly { text: { text: string; verbatim: boolean } }[] };

const bodies = <T>({ got }: Receiver): T[] => got.map(({ text }) => JSON.parse(text) as T);
const events = (receiver: Receiver) =>
  bodies<Told>(receiver).map(({ runs }) => runs.map(({ sync, event }) => `${sync} ${event}`));

describe("what an end is", () => {
  it.each([
    [{ state: "succeeded", code: null }, "succeeded"],
    [{ state: "partial", code: null }, "partial"],
    [{ state: "failed", code: "AUTH_REQUIRED" }, "failed"],
    [{ state: "blocked", code: "HELD" }, "held"],
    [{ state: "blocked", code: "DESTINATION_CHANGED" }, "failed"],
    [{ state: "blocked", code: "WAREHOUSE_BUSY" }, null],
    [{ state: "cancelled", code: "CANCELLED" }, null],
    [{ state: "paused", code: "QUOTA_SPENT" }, null],
  ] as const)("%j is %s", (run, event) => {
    expect(eventOf(run)).toBe(event);
  });

  it.each([
    ["SYNC_BUSY", null],
    ["PLANNER_BUSY", null],
    ["CANCELLED", null],
    ["QUARANTINED", "failed"],
    ["STATE_MISSING", "failed"],
    ["INTERNAL", "failed"],
  ] as const)("without a run, %s is %s", (code, event) => {
    expect(eventOfFault(new Fault(code, "why"))).toBe(event);
  });
});

describe("a message", () => {
  it("is one for all syncs of a command, with counts and the command to look", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url)]);
    const held = newsOf("orders", "held", {
      run: runOf("orders", {
        state: "blocked",
        code: "HELD",
        guards: [
          { guard: "created", held: true, value: 12, of: 12, limit: "10 rows", field: null },
          { guard: "changed", held: false, value: 0, of: 12, limit: "30%", field: null },
        ],
      }),
    });
    const news = [newsOf("people", "failed"), newsOf("fine", "succeeded"), newsOf("deals", "partial"), held];
    expect(await tellNews(teller, news, testTools(), NEVER)).toEqual([]);
    expect(events(receiver)).toEqual([["people failed", "deals partial", "orders held"]]);
    expect(bodies(receiver)[0]).toMatchObject({
      type: "alert",
      version: 1,
      id: expect.any(String),
      sent_at: new Date(NOON).toISOString(),
      project: "crm-syncs",
      environment: "prod",
      alert: "hook",
      more: 0,
      runs: [
        {
          run: "run-of-people",
          state: "failed",
          code: "AUTH_REQUIRED",
          reason: "why people is failed",
          look: "sluice rows run-of-people",
          counts: { read: 10 },
          operations: { upsert: { applied: 3, rejected: 2 } },
          new_rejected: 2,
          started_at: new Date(NOON - 60_000).toISOString(),
          ended_at: new Date(NOON).toISOString(),
        },
        { run: "run-of-deals" },
        { look: "sluice holds orders", guards: [{ guard: "created", value: 12, of: 12, limit: "10 rows" }] },
      ],
    });
  });

  it("tells of a sync that came to no run, with the way out", async () => {
    const receiver = await newReceiver();
    const fault = new Fault("QUARANTINED", "it died 3 times", { fix: "find out what kills it" });
    const news = [{ ...newsOf("people", "failed"), run: null, fault }];
    await tellNews(newTeller([alertTo(receiver.url)]), news, testTools(), NEVER);
    expect(bodies<Told>(receiver)[0]?.runs).toEqual([
      {
        sync: "people",
        event: "failed",
        severity: "error",
        run: null,
        state: "failed",
        code: "QUARANTINED",
        reason: "it died 3 times",
        fix: "find out what kills it",
        look: "sluice status",
      },
    ]);
  });

  it("goes to the alerts that the sync names, for the events that the alert names", async () => {
    const [all, some] = [await newReceiver(), await newReceiver()];
    const teller = newTeller([alertTo(all.url), alertTo(some.url, { name: "some", on: ["partial"] })]);
    const only = syncOf("quiet", { alerts: ["some"] });
    const news = [
      newsOf("people", "failed"),
      newsOf("quiet", "partial", { sync: only }),
      newsOf("none", "failed", { sync: { ...only, name: "none", alerts: [] } }),
    ];
    await tellNews(teller, news, testTools(), NEVER);
    expect(events(all)).toEqual([["people failed"]]);
    expect(events(some)).toEqual([["quiet partial"]]);
  });

  it("is not sent where nothing happened, and leaves no file", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url)]);
    expect(await tellNews(teller, [newsOf("people", "succeeded")], testTools(), NEVER)).toEqual([]);
    expect(receiver.got).toEqual([]);
    expect(() => statSync(join(teller.workDir, "alerts.json"))).toThrow("ENOENT");
  });

  it("holds hostile texts as texts: one line, 500 characters, no marks, no values, no secrets", async () => {
    const [hook, slack] = [await newReceiver(), await newReceiver()];
    const teller = newTeller(
      [alertTo(hook.url), alertTo(slack.url, { name: "slack", type: "slack" })],
      ["canary/secret+1"],
    );
    const reason = `<!channel> & <https://evil.example|ok>\n\u001b[31mred\u202e Bearer canary/secret+1 ${encodeURIComponent("canary/secret+1")} 'Ada Lovelace' ada@example.com ${"long ".repeat(400)}`;
    const name = "<!here>&";
    await tellNews(teller, [newsOf(name, "failed", { run: runOf(name, { reason }) })], testTools(), NEVER);
    const [sent] = bodies<Told>(hook);
    const told = String(sent?.runs[0]?.reason);
    expect(Array.from(told)).toHaveLength(500);
    expect(told).toMatch(
      /^<!channel> & <https:\/\/evil\.example\|ok> \[31mred Bearer \[secret\] \[secret\] '…' …@… long/,
    );
    for (const { text } of [...hook.got, ...slack.got]) {
      expect(text).not.toMatch(/canary|Lovelace|ada@|\\u001b|\u202e/);
    }
    const [message] = bodies<Slack>(slack);
    for (const { text } of message?.blocks ?? []) {
      expect(text.text).not.toMatch(/[<>]/);
      expect(text.verbatim).toBe(true);
    }
    expect(message?.blocks[1]?.text.text).toContain("&lt;!channel&gt; &amp; &lt;https://evil.example|ok&gt;");
  });

  it("of Slack says all in a headline and a section a sync, twenty at most", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url, { type: "slack" })]);
    const many = Array.from({ length: 25 }, (_, index) => newsOf(`sync-${index}`, index < 20 ? "failed" : "held"));
    await tellNews(teller, many, testTools(), NEVER);
    const [message] = bodies<Slack>(receiver);
    expect(receiver.got).toHaveLength(1);
    expect(message?.text).toBe("error: crm-syncs (prod): 20 failed, 5 held");
    expect(message?.blocks).toHaveLength(22);
    expect(message?.blocks[1]?.text.text).toBe(
      [
        "*sync-0* failed: AUTH_REQUIRED: why sync-0 is failed",
        "10 read; upsert: 3 applied, 2 rejected; 1 wait",
        "`sluice rows run-of-sync-0`",
      ].join("\n"),
    );
    expect(message?.blocks[21]?.text.text).toBe("and 5 more: `sluice status`");
  });
});

describe("the same thing", () => {
  const HOUR = 3_600_000;

  it("is told once in 24 hours; another code, other guards or another event at once", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url)]);
    const tools = testTools();
    const guard = { held: true, value: 1, of: 1, limit: "0 rows", field: null } as const;
    const heldBy = (guards: readonly ("created" | "removed")[]) =>
      newsOf("people", "held", {
        run: runOf("people", { code: "HELD", guards: guards.map((name) => ({ ...guard, guard: name })) }),
      });
    const story = [
      [0, newsOf("people", "failed"), true],
      [1, newsOf("people", "failed"), false],
      [2, newsOf("people", "failed", { run: runOf("people", { code: "MODEL_FAILED" }) }), true],
      [3, heldBy(["created"]), true],
      [4, heldBy(["created"]), false],
      [5, heldBy(["created", "removed"]), true],
      [6, heldBy(["removed", "created"]), false],
      [28, heldBy(["created", "removed"]), false],
      [29, heldBy(["created", "removed"]), true],
      [30, newsOf("people", "partial"), true],
      [31, newsOf("people", "partial"), false],
    ] as const;
    for (const [hours, news, isTold] of story) {
      const before = receiver.got.length;
      tools.nowMs = NOON + hours * HOUR;
      await tellNews(teller, [news], tools, NEVER);
      expect([hours, receiver.got.length - before]).toEqual([hours, isTold ? 1 : 0]);
    }
    expect(statSync(join(teller.workDir, "alerts.json")).mode & 0o777).toBe(0o600);
  });

  it("is told again after a recovery, and a recovery once", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url)]);
    for (const news of [
      newsOf("people", "failed"),
      newsOf("people", "succeeded", { wasBad: true }),
      newsOf("people", "succeeded"),
      newsOf("people", "failed"),
      // It came to no run when it failed: history knows nothing of it, but it was told.
      newsOf("people", "succeeded"),
      newsOf("people", "succeeded"),
    ])
      await tellNews(teller, [news], testTools(), NEVER);
    expect(events(receiver).flat()).toEqual(["people failed", "people recovered", "people failed", "people recovered"]);
  });

  it("is told again where it did not get across; a damaged memory tells once more", async () => {
    const receiver = await newReceiver();
    receiver.answer = (response) => response.writeHead(404).end();
    const teller = newTeller([alertTo(receiver.url)]);
    const tell = () => tellNews(teller, [newsOf("people", "failed")], testTools(), NEVER);
    expect(await tell()).toEqual(['alert "hook": it answered 404']);
    receiver.answer = (response) => response.end();
    expect(await tell()).toEqual([]);
    expect(await tell()).toEqual([]);
    expect(receiver.got).toHaveLength(2);
    const file = join(teller.workDir, "alerts.json");
    for (const damage of ["{", "7", `[{"alert":1}]`]) {
      writeFileSync(file, damage);
      expect(await tell()).toEqual([]);
    }
    expect(receiver.got).toHaveLength(5);
    expect(JSON.parse(readFileSync(file, "utf8"))).toHaveLength(1);
  });

  it("of other syncs and other alerts is kept apart", async () => {
    const [one, two] = [await newReceiver(), await newReceiver()];
    two.answer = (response) => response.writeHead(404).end();
    const teller = newTeller([alertTo(one.url, { name: "one" }), alertTo(two.url, { name: "two" })]);
    await tellNews(teller, [newsOf("a", "failed"), newsOf("b", "failed")], testTools(), NEVER);
    two.answer = (response) => response.end();
    await tellNews(teller, [newsOf("a", "failed"), newsOf("c", "failed")], testTools(), NEVER);
    expect(events(one)).toEqual([["a failed", "b failed"], ["c failed"]]);
    expect(events(two)).toEqual([
      ["a failed", "b failed"],
      ["a failed", "c failed"],
    ]);
  });
});

describe("on_success", () => {
  it("is called for each sync that succeeded, with its counts and a signature, and not for others", async () => {
    const receiver = await newReceiver();
    const onSuccess = { url: receiver.url, secret: "s3cret", allowsPrivate: false };
    const news = (["succeeded", "partial", "failed", "held"] as const).map((event) =>
      newsOf(`is-${event}`, event, { sync: syncOf(`is-${event}`, { onSuccess }) }),
    );
    expect(await tellNews(newTeller([]), news, testTools(), NEVER)).toEqual([]);
    expect(bodies(receiver)).toMatchObject([
      {
        type: "success",
        sync: "is-succeeded",
        state: "succeeded",
        counts: { read: 10 },
        created: 3,
        project: "crm-syncs",
      },
    ]);
    expect(receiver.got[0]?.headers["x-sluice-signature"]).toMatch(/^sha256=[\da-f]{64}$/);
  });

  it("that is not answered is a warning", async () => {
    const receiver = await newReceiver();
    receiver.answer = (response) => response.writeHead(400).end();
    const onSuccess = { url: receiver.url, secret: null, allowsPrivate: false };
    const news = [newsOf("people", "succeeded", { sync: syncOf("people", { onSuccess }) })];
    expect(await tellNews(newTeller([]), news, testTools(), NEVER)).toEqual(["people: on_success: it answered 400"]);
  });
});

describe("what goes wrong", () => {
  it("is a warning of each alert that did not answer in time, and does not keep the others", async () => {
    const [slow, fine] = [await newReceiver(), await newReceiver()];
    const tools = testTools();
    slow.answer = () => {};
    fine.answer = (response) => {
      response.once("close", tools.expire);
      response.writeHead(200).write("the caller hangs up once it knows");
    };
    const teller = newTeller([alertTo(slow.url, { name: "slow" }), alertTo(fine.url, { name: "fine" })]);
    const warnings = await tellNews(teller, [newsOf("people", "failed")], tools, NEVER);
    expect(warnings).toEqual(['alert "slow": it did not answer within 10 s']);
    expect(events(fine)).toEqual([["people failed"]]);
  });

  it("is told at once when somebody stops the command", async () => {
    const receiver = await newReceiver();
    const stop = new AbortController();
    receiver.answer = () => stop.abort(new Error("stopped by SIGINT"));
    const teller = newTeller([alertTo(receiver.url)]);
    expect(await tellNews(teller, [newsOf("people", "failed")], testTools(), stop.signal)).toEqual([
      'alert "hook": stopped before it answered',
    ]);
  });

  it("never shows a secret that the other side says back", async () => {
    const receiver = await newReceiver();
    receiver.answer = (response) => response.writeHead(403).end("no token T000/B000/canary\u001b[0m\nhere");
    const teller = newTeller([alertTo(receiver.url, { type: "slack" })], ["T000/B000/canary"]);
    expect(await tellNews(teller, [newsOf("people", "failed")], testTools(), NEVER)).toEqual([
      'alert "hook": it answered 403: no token [secret] [0m here',
    ]);
  });

  it("with the memory of what was told is a warning, too", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url)]);
    writeFileSync(teller.workDir, "a file stands where the folder should be");
    expect(await tellNews(teller, [newsOf("people", "failed")], testTools(), NEVER)).toEqual([
      expect.stringContaining("alerts: ENOTDIR"),
    ]);
  });
});
