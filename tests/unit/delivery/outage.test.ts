// Proves S17 over a whole delivery: a minute of 503 costs a handful of calls, refuses no row, and what waited goes through after it.
import { expect, test } from "vitest";
import type { Clock } from "../../../src/contract/clock.ts";
import type { PlanRow } from "../../../src/contract/plan.ts";
import { bisecting } from "../../../src/delivery/bisecting.ts";
import { windowBudget } from "../../../src/delivery/budget.ts";
import { type DeliverParts, deliver } from "../../../src/delivery/deliver.ts";
import { newMeter, openGate } from "../../../src/delivery/gate.ts";
import { limited } from "../../../src/delivery/limited.ts";
import { retryAllowance, retrying } from "../../../src/delivery/retrying.ts";
import type { Settled } from "../../../src/delivery/settle/settled.ts";
import { ALONE, ANY_OBJECT, aSync, rowsOf, running } from "./samples.ts";
import { scriptedDestination } from "./scripted-destination.ts";
import { virtualClock } from "./virtual-clock.ts";

const ROWS = 400;
const BATCH = 10;
const CALL_MS = 200;
const OUTAGE_MS = 60_000;
/** Retries that an account has before it earned any. */
const FIRST_RETRIES = 10;
const DOWN = { kind: "deferred", code: "HTTP_503", message: "down" } as const;

/** An account with all decorators in production's order. `isDown` is asked of every call that arrives. */
function account(clock: Clock, isDown: (call: number) => boolean) {
  let failed = 0;
  const world = scriptedDestination(
    {
      write: async (write, batch, call) => {
        // A call takes its time, so that several are on their way when it begins.
        if (write === batch.writes[0]) await clock.sleep(CALL_MS, running());
        if (!isDown(call)) return undefined;
        if (write === batch.writes[0]) failed++;
        return DOWN;
      },
    },
    { batchSize: BATCH, concurrency: 4 },
  );
  const gate = openGate(windowBudget({ max: 100, intervalMs: 10_000 }), clock, () => undefined);
  const options = { clock, random: () => 0.5, allowance: retryAllowance() };
  const destination = bisecting(retrying(limited(world.destination, gate, newMeter()), options));
  return { destination, records: world.records, calls: () => world.batches.length, failed: () => failed };
}

/** Delivers these rows; gives how each ended, and the fault that stopped it. */
async function delivered(rows: readonly PlanRow[], destination: DeliverParts["destination"]) {
  const ends = new Map<string, Settled>();
  const recorder: DeliverParts["recorder"] = {
    intend: async () => undefined,
    withdraw: async () => expect.fail("a batch is taken back, and nothing ended its quota or lease"),
    record: async (batch, settled) => {
      batch.rows.forEach(({ key }, index) => {
        const end = settled[index];
        expect(ends.has(key), `row ${key} ended before`).toBe(false);
        if (end !== undefined) ends.set(key, end);
      });
    },
    ...{ merged: () => undefined, recentOwner: () => null, accept: async () => undefined },
  };
  const parts: DeliverParts = {
    ...{ sync: aSync(), object: ANY_OBJECT, destination, recorder, neighbours: ALONE, claims: new Map() },
    readPlan: async (from, to) => rows.slice(from, to),
    ranges: [{ fromSeq: 0, toSeq: rows.length - 1, mayHaveLanded: false }],
    aliases: async () => new Map(),
    acknowledged: async () => null,
    holdersOf: async () => ({ own: new Map(), others: new Map() }),
    ownersOf: async () => new Map(),
    ...{ check: () => null, onProgress: () => undefined },
  };
  const { stopped } = await deliver(parts, running());
  return { ends, stopped };
}

const keysOf = (ends: ReadonlyMap<string, Settled>, kind: Settled["kind"]): string[] =>
  [...ends].filter(([, end]) => end.kind === kind).map(([key]) => key);

test.each([
  // Five failures close the breaker, three others were on their way; then a probe at 1, 2, 4, 8 and every 15 seconds.
  { what: "all calls of a minute fail, from the first one on", fromMs: 0, share: 1, most: 5 + 3 + 8 },
  { what: "all calls of a minute fail in mid-run", fromMs: 1_000, share: 1, most: 5 + 3 + 8 },
  // One answer in four keeps the breaker open: nothing but the allowance holds retries back.
  { what: "three of four calls of a minute fail", fromMs: 0, share: 0.75, most: Number.POSITIVE_INFINITY },
])(
  "$what: no row is refused, retries stay a tenth, and the next run brings the rest",
  async ({ fromMs, share, most }) => {
    const clock = virtualClock();
    const isOut = (): boolean => clock.monotonicMs() >= fromMs && clock.monotonicMs() < fromMs + OUTAGE_MS;
    const { destination, records, calls, failed } = account(clock, (call) => isOut() && (call % 4) / 4 < share);
    const rows = rowsOf(ROWS);

    const { ends, stopped } = await clock.run(delivered(rows, destination));
    expect(stopped).toBeNull();
    expect(failed()).toBeGreaterThan(4);
    expect(failed()).toBeLessThanOrEqual(most);
    expect(calls() - ROWS / BATCH).toBeLessThanOrEqual(FIRST_RETRIES + 0.1 * calls());
    expect(keysOf(ends, "applied").length + keysOf(ends, "deferred").length).toBe(ROWS);
    expect([...records.values()].map(({ ext }) => ext).sort()).toEqual(
      keysOf(ends, "applied")
        .map((key) => `E${key}`)
        .sort(),
    );

    if (isOut()) await clock.run(clock.sleep(OUTAGE_MS, running()));
    const rest = rows.filter(({ key }) => ends.get(key)?.kind === "deferred").map((row, seq) => ({ ...row, seq }));
    const next = await clock.run(delivered(rest, destination));
    expect(next.stopped).toBeNull();
    expect(keysOf(next.ends, "applied")).toHaveLength(rest.length);
    expect(new Set([...records.values()].map(({ ext }) => ext)).size).toBe(ROWS);
    expect(records.size, "and none is there twice").toBe(ROWS);
  },
);
