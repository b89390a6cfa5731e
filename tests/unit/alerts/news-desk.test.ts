// Proves how a service tells: many runs in one message a window, twelve an hour, what is over or did not get across in a later one,
// never more than it may hold, calls for successes at once, and neither a throw nor a wait for who hands it news.
import { writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { News } from "../../../src/alerts/news.ts";
import { type NewsDesk, openNewsDesk } from "../../../src/alerts/news-desk.ts";
import type { Teller } from "../../../src/alerts/tell-news.ts";
import { type Receiver, receiverMaker } from "./receiver.ts";
import { alertTo, DEADLINE_MS, NEVER, newsOf, runOf, syncOf, tellerMaker } from "./samples.ts";
import { type SteppedClock, steppedClock } from "./stepped-clock.ts";

const newReceiver = receiverMaker();
const newTeller = tellerMaker();
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

const open: NewsDesk[] = [];
afterEach(async () => {
  for (const desk of open.splice(0)) await desk.close(AbortSignal.abort());
});

function deskFor(project: () => Teller) {
  const clock = steppedClock();
  const warnings: string[] = [];
  const tools = { clock, random: () => 0.5, resolveHost: async () => [], deadlineMs: DEADLINE_MS };
  const desk = openNewsDesk({ project, tools, onWarning: (text) => warnings.push(text) });
  open.push(desk);
  const tell = (...news: News[]) => desk.tell(news);
  return { clock, warnings, desk, tell };
}

type Body = { readonly runs: readonly { sync: string; event: string }[]; readonly more: number };
const bodies = ({ got }: Receiver): Body[] => got.map(({ text }) => JSON.parse(text) as Body);
const told = (receiver: Receiver): string[] =>
  bodies(receiver).map(({ runs, more }) => `${runs.map(({ sync }) => sync).join(" ")}${more > 0 ? ` +${more}` : ""}`);

const failed = (name: string) => newsOf(name, "failed");
/** The same sync, and never the same thing. */
const failedBy = (name: string, code: string) => newsOf(name, "failed", { run: runOf(name, { code }) });

/** Until so many messages came and nothing is on its way; the clock stands still. */
async function came({ got }: Receiver, many: number, clock: SteppedClock): Promise<void> {
  const soon = { interval: 1 };
  await expect.poll(() => got.length, soon).toBeGreaterThanOrEqual(many);
  await expect.poll(() => clock.sleepers(DEADLINE_MS), soon).toBe(0);
  await new Promise((done) => setImmediate(done));
}

describe("the window", () => {
  it("gathers what many runs tell, for each alert by itself, and begins with the first news", async () => {
    const [all, some] = [await newReceiver(), await newReceiver()];
    const teller = newTeller([alertTo(all.url), alertTo(some.url, { name: "some", on: ["partial"] })]);
    const { clock, tell, warnings } = deskFor(() => teller);
    tell(failed("a"));
    await clock.advance(20 * SECOND);
    tell(newsOf("b", "partial"));
    tell(newsOf("c", "succeeded"), failed("a"));
    await clock.advance(9 * SECOND);
    expect(all.got).toEqual([]);
    await clock.advance(SECOND);
    await came(all, 1, clock);
    await came(some, 1, clock);
    expect([told(all), told(some)]).toEqual([["a b"], ["b"]]);
    // Known by now; the next window tells only what is new.
    tell(failed("a"), failed("d"));
    await clock.advance(30 * SECOND);
    await came(all, 2, clock);
    expect(told(all)).toEqual(["a b", "d"]);
    expect(warnings).toEqual([]);
  });

  it("does not hold the call for a success", async () => {
    const receiver = await newReceiver();
    const onSuccess = { url: receiver.url, secret: null, allowsPrivate: false };
    const teller = newTeller([]);
    const { clock, tell } = deskFor(() => teller);
    tell(newsOf("a", "succeeded", { sync: syncOf("a", { onSuccess }) }), failed("b"));
    await came(receiver, 1, clock);
    expect(JSON.parse(receiver.got[0]?.text ?? "")).toMatchObject({ type: "success", sync: "a" });
  });

  it("sleeps where there is nothing to tell", async () => {
    const teller = newTeller([alertTo("http://127.0.0.1:9/")]);
    const { clock, tell } = deskFor(() => teller);
    expect(clock.sleepers()).toBe(0);
    tell(newsOf("a", "failed", { sync: syncOf("a", { alerts: [] }) }));
    expect(clock.sleepers()).toBe(0);
  });
});

describe("the hour", () => {
  it("has twelve messages an alert; what comes beyond is told in the next", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url)]);
    const { clock, tell } = deskFor(() => teller);
    for (let nth = 1; nth <= 12; nth++) {
      tell(failed(`s${nth}`));
      await clock.advance(30 * SECOND);
      await came(receiver, nth, clock);
    }
    for (let nth = 13; nth <= 20; nth++) {
      tell(failed(`s${nth}`));
      await clock.advance(30 * SECOND);
      expect([clock.sleepers(), clock.sleepers(DEADLINE_MS)]).toEqual([1, 0]);
    }
    // Twenty windows are over; the first message left after one.
    await clock.advance(HOUR - 19 * 30 * SECOND - 1);
    expect(clock.sleepers(DEADLINE_MS)).toBe(0);
    await clock.advance(1);
    await came(receiver, 13, clock);
    expect(told(receiver).slice(12)).toEqual(["s13 s14 s15 s16 s17 s18 s19 s20"]);
  });

  it("keeps five hundred news at most, and says how many were more", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url, { type: "slack" })]);
    const { clock, tell, warnings } = deskFor(() => teller);
    receiver.answer = (response, nth) => response.writeHead(nth === 1 ? 404 : 200).end();
    for (let nth = 0; nth < 700; nth++) {
      tell(failed(`s${nth}`));
      tell(failed(`s${nth}`));
    }
    await clock.advance(30 * SECOND);
    await came(receiver, 1, clock);
    await clock.advance(MINUTE);
    await came(receiver, 2, clock);
    for (const { text } of receiver.got) {
      expect(text).toContain("500 failed");
      expect(text).toContain("and 680 more");
    }
    // What was left out was not told: it is, when it comes again.
    tell(failed("s699"), failed("s1"));
    await clock.advance(30 * SECOND);
    await came(receiver, 3, clock);
    expect(receiver.got[2]?.text).toContain("1 failed");
    expect(warnings).toEqual(['alert "hook": it answered 404']);
  });
});

describe("what did not get across", () => {
  it("is told again after a pause, with what came since, and a memory of neither twice", async () => {
    const receiver = await newReceiver();
    receiver.answer = (response, nth) => response.writeHead(nth === 1 ? 404 : 200).end();
    const teller = newTeller([alertTo(receiver.url)]);
    const { clock, tell, warnings } = deskFor(() => teller);
    tell(failed("a"));
    await clock.advance(30 * SECOND);
    await came(receiver, 1, clock);
    await expect.poll(() => warnings).toEqual(['alert "hook": it answered 404']);
    tell(failed("b"));
    await clock.advance(30 * SECOND);
    expect(receiver.got).toHaveLength(1);
    await clock.advance(30 * SECOND);
    await came(receiver, 2, clock);
    expect(told(receiver)).toEqual(["a", "a b"]);
  });

  it("is given up after five tries, and a later failure begins anew", async () => {
    const receiver = await newReceiver();
    receiver.answer = (response) => response.writeHead(404).end();
    const teller = newTeller([alertTo(receiver.url)]);
    const { clock, tell, warnings } = deskFor(() => teller);
    tell(failed("a"));
    for (const [index, pause] of [30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR].entries()) {
      await clock.advance(pause);
      await came(receiver, index + 1, clock);
      await expect.poll(() => warnings.length).toBeGreaterThan(index);
    }
    expect(warnings.at(-1)).toBe('alert "hook": 1 item given up after 5 tries');
    await clock.advance(24 * HOUR);
    expect(receiver.got).toHaveLength(5);
    receiver.answer = (response) => response.end();
    tell(failed("a"));
    await clock.advance(30 * SECOND);
    await came(receiver, 6, clock);
  });

  it("by one alert does not hold the other", async () => {
    const [slow, fine] = [await newReceiver(), await newReceiver()];
    slow.answer = () => {};
    const teller = newTeller([alertTo(slow.url, { name: "slow" }), alertTo(fine.url, { name: "fine" })]);
    const { clock, tell, warnings } = deskFor(() => teller);
    tell(failed("a"));
    await clock.advance(30 * SECOND);
    await expect.poll(() => [slow.got.length, fine.got.length, clock.sleepers(DEADLINE_MS)]).toEqual([1, 1, 1]);
    tell(failed("b"));
    await clock.advance(DEADLINE_MS);
    await expect.poll(() => warnings).toEqual(['alert "slow": it did not answer within 10 s']);
    await clock.advance(20 * SECOND);
    await came(fine, 2, clock);
    expect([told(slow), told(fine)]).toEqual([["a"], ["a", "b"]]);
  });
});

describe("flush and close", () => {
  it("send what is kept at once, beyond the hour's limit, and end", async () => {
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url)]);
    const { clock, desk, tell } = deskFor(() => teller);
    for (let nth = 1; nth <= 14; nth++) {
      tell(failedBy("a", `CODE_${nth}`));
      await desk.flush(NEVER);
    }
    expect(receiver.got).toHaveLength(14);
    await desk.flush(NEVER);
    tell(failed("b"));
    await desk.close(NEVER);
    expect(receiver.got).toHaveLength(15);
    tell(failed("c"));
    await desk.close(NEVER);
    expect([receiver.got.length, clock.sleepers()]).toEqual([15, 0]);
  });

  it("wait no longer than they are told to; what is untold then is said", async () => {
    const receiver = await newReceiver();
    const stop = new AbortController();
    receiver.answer = () => stop.abort();
    const onSuccess = { url: receiver.url, secret: null, allowsPrivate: false };
    const teller = newTeller([alertTo(receiver.url)]);
    const { clock, desk, tell, warnings } = deskFor(() => teller);
    tell(failed("a"), newsOf("b", "succeeded", { sync: syncOf("b", { onSuccess }) }));
    await desk.close(stop.signal);
    expect(warnings.sort()).toEqual([
      'alert "hook": 1 news untold: stopped before',
      'alert "hook": stopped before it answered',
      "b: on_success: stopped before it answered",
    ]);
    expect(clock.sleepers()).toBe(0);
  });
});

describe("whoever hands it news", () => {
  it("never hears of trouble: not of the project, the memory, the receiver or a deaf ear", async () => {
    let isBroken = true;
    const receiver = await newReceiver();
    const teller = newTeller([alertTo(receiver.url)]);
    const project = (): Teller => {
      if (isBroken) throw new Error("half a file");
      return teller;
    };
    const { clock, tell, warnings, desk } = deskFor(project);
    tell(failed("a"));
    isBroken = false;
    writeFileSync(teller.workDir, "a file stands where the folder should be");
    tell(failed("b"));
    await clock.advance(30 * SECOND);
    await desk.flush(NEVER);
    expect(warnings).toEqual(["alerts: half a file", expect.stringContaining("ENOTDIR")]);
    const deaf = openNewsDesk({
      project: () => newTeller([alertTo("http://127.0.0.1:9/")]),
      tools: { clock, random: () => 0.5, resolveHost: async () => [], deadlineMs: DEADLINE_MS },
      onWarning: () => {
        throw new Error("nobody listens");
      },
    });
    deaf.tell([failed("a")]);
    await deaf.close(AbortSignal.abort());
  });

  it("may have changed the project: an alert that is no more tells nothing, a new one tells from then on", async () => {
    const [old, young] = [await newReceiver(), await newReceiver()];
    let teller = newTeller([alertTo(old.url, { name: "old" })]);
    const { clock, tell, warnings } = deskFor(() => teller);
    tell(failed("a"));
    teller = newTeller([alertTo(young.url, { name: "young" })]);
    tell(failed("b"));
    await clock.advance(30 * SECOND);
    await came(young, 1, clock);
    expect([told(old), told(young)]).toEqual([[], ["b"]]);
    expect(warnings).toEqual([]);
  });
});
