// Proves what the CLI makes of its ends for those who are told: recoveries by what history says, rows that an earlier run refused, and
// that somebody who stopped the command is not kept waiting.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openOutput } from "../../../src/cli/output.ts";
import type { Ended } from "../../../src/cli/run.ts";
import { newsOf, sendNews, sendUnopened } from "../../../src/cli/send-news.ts";
import type { Services } from "../../../src/cli/services.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { Project, Sync } from "../../../src/contract/project.ts";
import type { RunRecord } from "../../../src/contract/run.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import { openState } from "../../../src/state/open-state.ts";
import { systemClock } from "../../../src/wire.ts";
import { receiverMaker } from "../alerts/receiver.ts";
import { alertTo, NEVER, newsOf as newsFor, runOf, tellerMaker } from "../alerts/samples.ts";

const newReceiver = receiverMaker();
const newTeller = tellerMaker();
const dir = mkdtempSync(join(tmpdir(), "sluice-news-"));
const clock = systemClock();
let state: StateStore;

beforeAll(async () => {
  state = await openState({ file: join(dir, "state.db"), mode: "create", clock });
});

afterAll(async () => {
  await state.close();
  rmSync(dir, { recursive: true, force: true });
});

function contextOf(signal: AbortSignal = NEVER) {
  const said: string[] = [];
  const streams = { stdout: { write: () => true }, stderr: { write: (text: string) => said.push(text) } };
  const output = openOutput(streams, { json: false, quiet: false });
  const services = { clock, random: Math.random } as Services;
  return { said, context: { output, services, signal } };
}

const projectTo = (url: string) => newTeller([alertTo(url)]) as Project;
const syncOf = (name: string) => ({ name, alerts: null, onSuccess: null }) as Sync;

/** History of a sync, oldest first; gives its runs. */
async function history(sync: string, ...ends: readonly Partial<RunRecord>[]): Promise<RunRecord[]> {
  const attempt = await state.acquire(sync, "1@here", 60_000, () => true);
  if (!attempt.ok) throw new Error("no lease");
  const runs = ends.map((end, index) => runOf(sync, { id: `${sync}-${index}`, startedAt: index, ...end }));
  for (const run of runs) await state.createRun(attempt.lease, run);
  return runs;
}

async function newsAfter(sync: string, ends: readonly Partial<RunRecord>[], earlier = 0) {
  const runs = await history(sync, ...ends);
  const run = runs.at(-1) ?? runOf(sync);
  const ended: Ended = {
    sync: syncOf(sync),
    finished: { run, planned: null, fault: null },
    fault: null,
    earlier: runs.slice(runs.length - 1 - earlier, -1),
  };
  const news = await newsOf(contextOf().context, projectTo("http://127.0.0.1:9/"), state, [ended]);
  return news.map(({ event, run: of, wasBad, sync: { alerts } }) => ({ event, run: of?.id, wasBad, alerts }));
}

const GOOD = { state: "succeeded", code: null } as const;
const BAD = { state: "failed" } as const;
const GIVEN_UP = { state: "failed", code: "INTERRUPTED" } as const;
const PARTIAL = { state: "partial", code: null } as const;
const CANCELLED = { state: "cancelled", code: "CANCELLED" } as const;

describe("a success", () => {
  it.each([
    ["first", [GOOD], 0, false],
    ["after-good", [BAD, GOOD, GOOD], 0, false],
    ["after-bad", [GOOD, BAD, GOOD], 0, true],
    ["after-partial", [PARTIAL, GOOD], 0, true],
    ["after-held", [{ state: "blocked", code: "HELD" }, GOOD], 0, true],
    ["after-busy", [{ state: "blocked", code: "WAREHOUSE_BUSY" }, GOOD], 0, false],
    ["after-cancelled", [BAD, CANCELLED, GOOD], 0, true],
    // What this very command gave up was nobody's news.
    ["after-given-up", [GOOD, GIVEN_UP, GOOD], 1, false],
    ["after-bad-and-given-up", [BAD, GIVEN_UP, GOOD], 1, true],
  ] as const)("%s", async (name, ends, earlier, wasBad) => {
    expect(await newsAfter(name, ends, earlier)).toEqual([
      { event: "succeeded", run: `${name}-${ends.length - 1}`, wasBad, alerts: null },
    ]);
  });

  it("of a command whose resumed run was partial: that is told, and the success to on_success alone", async () => {
    expect(await newsAfter("resumed", [GOOD, PARTIAL, GOOD], 1)).toEqual([
      { event: "partial", run: "resumed-1", wasBad: false, alerts: null },
      { event: "succeeded", run: "resumed-2", wasBad: false, alerts: [] },
    ]);
  });
});

it("tells nothing of what was cancelled, and of a fault without a run", async () => {
  const fault = new Fault("QUARANTINED", "it died 3 times");
  const ends = [
    {
      sync: syncOf("a"),
      finished: { run: runOf("a", CANCELLED), planned: null, fault: null },
      fault: null,
      earlier: [],
    },
    { sync: syncOf("b"), finished: null, fault, earlier: [] },
    { sync: syncOf("c"), finished: null, fault: new Fault("SYNC_BUSY", "busy"), earlier: [] },
    { sync: syncOf("d"), finished: null, fault: null, earlier: [] },
  ];
  const news = await newsOf(contextOf().context, projectTo("http://127.0.0.1:9/"), state, ends);
  expect(news).toEqual([{ sync: syncOf("b"), event: "failed", run: null, fault, wasBad: false }]);
});

it("asks nothing where there is nobody to tell", async () => {
  const ended = { sync: syncOf("a"), finished: null, fault: new Fault("INTERNAL", "x"), earlier: [] };
  expect(await newsOf(contextOf().context, newTeller([]) as Project, null, [ended])).toEqual([]);
});

it("tells of all syncs when the memory does not open, and throws what kept it", async () => {
  const receiver = await newReceiver();
  const fault = new Fault("STATE_CORRUPT", "the state is damaged");
  const { context } = contextOf();
  const syncs = [syncOf("a"), syncOf("b")];
  await expect(sendUnopened(context, projectTo(receiver.url), syncs, fault)).rejects.toBe(fault);
  expect(receiver.got.map(({ text }) => JSON.parse(text))).toMatchObject([
    { runs: [{ sync: "a", code: "STATE_CORRUPT" }, { sync: "b" }] },
  ]);
  const busy = new Fault("PLANNER_BUSY", "another process");
  await expect(sendUnopened(context, projectTo(receiver.url), syncs, busy)).rejects.toBe(busy);
  expect(receiver.got).toHaveLength(1);
});

it("still tells when somebody stopped the command before, and warns when one stops it now", async () => {
  const receiver = await newReceiver();
  const stop = new AbortController();
  stop.abort(new Error("stopped by SIGTERM"));
  await sendNews(contextOf(stop.signal).context, projectTo(receiver.url), [newsFor("people", "failed")]);
  expect(receiver.got).toHaveLength(1);
  const later = new AbortController();
  receiver.answer = () => later.abort(new Error("stopped by SIGTERM"));
  const { said, context } = contextOf(later.signal);
  await sendNews(context, projectTo(receiver.url), [newsFor("people", "failed")]);
  expect(said).toEqual(['warning: alert "hook": stopped before it answered\n']);
});
