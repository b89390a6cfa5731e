// Proves the order of a delivery: intent before send, a barrier between kinds, and that stopping loses no answer.
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/contract/destination.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { PlanRow } from "../../../src/contract/plan.ts";
import type { Batch } from "../../../src/delivery/cut-batches.ts";
import { type DeliverParts, deliver } from "../../../src/delivery/deliver.ts";
import type { Settled } from "../../../src/delivery/settle/settled.ts";
import { ALONE, ANY_OBJECT, aRow, aSync, rowsOf, running } from "./samples.ts";
import { type Script, scriptedDestination } from "./scripted-destination.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A recorder that writes a diary. */
function diary() {
  const lines: string[] = [];
  const settledRows = new Map<number, Settled>();
  return {
    lines,
    settledRows,
    intend: async (batches: readonly Batch[]) => {
      await tick();
      for (const batch of batches) lines.push(`intend ${batch.rows[0]?.seq}`);
    },
    record: async (batch: Batch, settled: readonly Settled[]) => {
      await tick();
      lines.push(`record ${batch.rows[0]?.seq}`);
      batch.rows.forEach((row, index) => {
        const one = settled[index];
        if (one !== undefined) settledRows.set(row.seq, one);
      });
    },
    withdraw: async (batch: Batch) => {
      lines.push(`withdraw ${batch.rows[0]?.seq}`);
    },
    merged: () => undefined,
    recentOwner: () => null,
    accept: async () => undefined,
  };
}

function delivery(rows: readonly PlanRow[], script: Script = {}, part: Partial<DeliverParts> = {}, size = 1) {
  const recorder = diary();
  const progress: number[] = [];
  const world = scriptedDestination(
    {
      ...script,
      write: async (write, batch, call) => {
        const name = "match" in write.by ? write.by.match["ext"]?.slice(1) : write.by.id;
        recorder.lines.push(`send ${name}`);
        if (write === batch.writes[0]) {
          await tick();
          await tick();
        }
        return script.write?.(write, batch, call);
      },
    },
    { batchSize: size, concurrency: 2 },
  );
  const parts: DeliverParts = {
    sync: aSync(),
    object: ANY_OBJECT,
    destination: world.destination,
    recorder,
    readPlan: async (from, to) => rows.slice(from, to),
    ranges: [{ fromSeq: 0, toSeq: rows.length - 1, mayHaveLanded: false }],
    aliases: async () => new Map(),
    holdersOf: async () => ({ own: new Map(), others: new Map() }),
    ownersOf: async () => new Map(),
    acknowledged: async () => null,
    claims: new Map(),
    neighbours: ALONE,
    check: () => null,
    onProgress: (done) => progress.push(done),
    ...part,
  };
  return { world, recorder, progress, run: (signal: AbortSignal = running()) => deliver(parts, signal) };
}

function before(lines: readonly string[], first: string, second: string): void {
  expect(lines, `${first} … ${second}`).toContain(first);
  expect(lines).toContain(second);
  expect(lines.indexOf(first), `${first} before ${second}`).toBeLessThan(lines.indexOf(second));
}

describe("the order", () => {
  test("every batch has its intent before it is sent, and all rows are recorded once", async () => {
    const { recorder, progress, run } = delivery(rowsOf(7));
    expect(await run()).toEqual({ nextSeq: 7, stopped: null });
    for (let seq = 0; seq < 7; seq++) {
      before(recorder.lines, `intend ${seq}`, `send ${seq}`);
      before(recorder.lines, `send ${seq}`, `record ${seq}`);
    }
    expect(recorder.settledRows.size).toBe(7);
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("no more than `concurrency` batches are on their way", async () => {
    let open = 0;
    let most = 0;
    const { run } = delivery(rowsOf(9), {
      write: async () => {
        most = Math.max(most, ++open);
        await tick();
        open--;
        return undefined;
      },
    });
    await run();
    expect(most).toBe(2);
  });

  test("a new kind waits until the one before is recorded: updates, creates, removals", async () => {
    const { world, recorder, run } = delivery([
      aRow({ key: "0", remoteId: "1", change: "changed", fields: { a: "b" } }),
      aRow({ key: "7", seq: 1 }),
      aRow({ key: "2", remoteId: "2", change: "removed", operation: "archive", fields: {} }),
    ]);
    world.seed({});
    world.seed({});
    await run();
    before(recorder.lines, "record 0", "send 7");
    before(recorder.lines, "record 1", "send 2");
  });

  test("clearing waits for updates of living rows, though both are updates", async () => {
    const { world, recorder, run } = delivery([
      aRow({ key: "0", remoteId: "1", change: "changed", fields: { a: "b" } }),
      aRow({ key: "1", remoteId: "2", change: "removed", operation: "clear", fields: { a: null } }),
    ]);
    world.seed({});
    world.seed({});
    await run();
    before(recorder.lines, "record 0", "send 2");
  });

  test("plans of many pages are sent to their end", async () => {
    let landed = 0;
    const applied = (): Outcome => ({ kind: "applied", remoteId: `${landed++}`, created: true, altered: [] });
    const { recorder, run } = delivery(rowsOf(12_345), { write: applied }, {}, 1_000);
    expect(await run()).toEqual({ nextSeq: 12_345, stopped: null });
    expect([landed, recorder.settledRows.size]).toEqual([12_345, 12_345]);
  });
});

describe("values that change hands", () => {
  /** A vendor that keeps `email` unique. */
  function exchange(next: Readonly<Record<string, string>>, part: Partial<DeliverParts> = {}, size = 1) {
    const keys = Object.keys(next);
    const rows = keys.map((key, index) =>
      aRow({ key, seq: index, remoteId: `${index + 1}`, change: "changed", fields: { email: next[key] ?? "" } }),
    );
    const taken = { kind: "rejected", code: "CONFLICT", field: "email", message: "taken", suppressed: false } as const;
    const made = delivery(
      rows,
      {
        write: (write) => {
          const id = "id" in write.by ? write.by.id : "";
          const holder = [...made.world.records].find(([, fields]) => fields.email === write.fields.email);
          return holder === undefined || holder[0] === id ? undefined : taken;
        },
      },
      part,
      size,
    );
    for (const key of keys) made.world.seed({ email: key });
    return made;
  }

  test("a chain of e-mails moves on link by link, in one run, each row recorded once", async () => {
    for (const size of [1, 3]) {
      const { world, recorder, progress, run } = exchange({ a: "b", b: "c", c: "d" }, {}, size);
      expect(await run()).toEqual({ nextSeq: 3, stopped: null });
      expect([...world.records.values()].map(({ email }) => email)).toEqual(["b", "c", "d"]);
      expect([...recorder.settledRows.values()].map(({ kind }) => kind)).toEqual(["applied", "applied", "applied"]);
      expect(progress.at(-1)).toBe(3);
      expect(recorder.lines.filter((line) => line.startsWith("record"))).toHaveLength(size === 1 ? 3 : 1);
    }
  });

  test("two that swap stay refused, after one more try", async () => {
    const { world, recorder, run } = exchange({ a: "b", b: "a" });
    await run();
    expect([...recorder.settledRows.values()]).toMatchObject([{ code: "CONFLICT" }, { code: "CONFLICT" }]);
    expect(world.batches.length).toBeLessThanOrEqual(6);
  });

  test("where the run stops meanwhile, nothing is sent again and every answer is recorded", async () => {
    const { world, recorder, run } = exchange({ a: "b", b: "c" }, { check: () => new Fault("HELD", "enough") });
    expect(await run()).toMatchObject({ stopped: { code: "HELD" } });
    expect(world.batches).toHaveLength(2);
    expect(recorder.settledRows.size).toBe(2);
  });

  test("a wrong mapping that conflicts everywhere is not sent twice", async () => {
    const shared = Object.fromEntries(Array.from({ length: 1_200 }, (_, index) => [`k${index}`, "k0"]));
    const { world, recorder, run } = exchange(shared, {}, 100);
    await run();
    expect(recorder.settledRows.size).toBe(1_200);
    expect(world.batches.length).toBeLessThanOrEqual(12 + 10);
  });
});

describe("stopping", () => {
  test("cancel stops before the next batch; what was on its way is recorded", async () => {
    const stop = new AbortController();
    const { world, recorder, run } = delivery(
      rowsOf(20),
      {},
      { onProgress: (done) => (done === 3 ? stop.abort(new Error("enough")) : undefined) },
    );
    const write = world.destination.write;
    world.destination.write = (batch) => write(batch, running());
    const { nextSeq, stopped } = await run(stop.signal);
    expect(stopped).toMatchObject({ code: "CANCELLED" });
    expect(nextSeq).toBeLessThanOrEqual(3 + 2 * 2);
    expect(recorder.settledRows.size).toBe(nextSeq);
    expect(recorder.lines.filter((line) => line.startsWith("intend"))).toHaveLength(nextSeq);
  });

  test("a guard that speaks up stops it, and nothing is removed after it", async () => {
    const held = new Fault("HELD", "stopped: too many failed");
    const rows = [
      ...rowsOf(2, { remoteId: null }),
      aRow({ key: "2", remoteId: "9", change: "removed", operation: "archive", fields: {} }),
    ];
    const { recorder, run } = delivery(rows, {}, { check: () => held });
    expect(await run()).toEqual({ nextSeq: 2, stopped: held });
    expect(recorder.lines).not.toContain("send 9");
    expect(recorder.lines).not.toContain("intend 2");
  });

  test("a refused token stops it; the rows it met are deferred, none is rejected (S20)", async () => {
    const refused = new Fault("AUTH_REFUSED", "token expired");
    const { recorder, run } = delivery(rowsOf(20), {
      write: (_, __, call) => {
        if (call >= 3) throw refused;
        return undefined;
      },
    });
    const { nextSeq, stopped } = await run();
    expect(stopped).toBe(refused);
    expect(recorder.settledRows.size, "no row of a batch that left is lost from the counts").toBe(nextSeq);
    expect([...recorder.settledRows.values()].filter((one) => one.kind === "rejected")).toEqual([]);
  });

  test("an intent that cannot be written stops it before that batch is sent, and what is in flight comes home", async () => {
    const full = new Fault("STATE_FAILED", "disk full");
    const { world, recorder, run } = delivery(rowsOf(20));
    const intend = recorder.intend;
    recorder.intend = async (batches) => {
      if ((batches[0]?.rows[0]?.seq ?? 0) >= 4) throw full;
      await intend(batches);
    };
    expect(await run()).toEqual({ nextSeq: 4, stopped: full });
    expect(world.records.size).toBe(4);
    expect(recorder.settledRows.size).toBe(4);
  });

  test("an answer that cannot be recorded stops it", async () => {
    const { recorder, run } = delivery(rowsOf(20));
    recorder.record = async () => {
      throw new Error("boom");
    };
    expect((await run()).stopped).toMatchObject({ code: "INTERNAL", message: "boom" });
  });

  test("a spent quota stops it, and batches that never left are as if nobody had tried", async () => {
    const { recorder, run } = delivery(rowsOf(20), {
      write: (write): Outcome | undefined =>
        "match" in write.by && Number(write.by.match["ext"]?.slice(1)) >= 6
          ? { kind: "deferred", code: "QUOTA_SPENT", message: "used up" }
          : undefined,
    });
    const { stopped } = await run();
    expect(stopped).toMatchObject({ code: "QUOTA_SPENT" });
    expect(recorder.settledRows.size).toBe(6);
    const withdrawn = recorder.lines.filter((line) => line.startsWith("withdraw"));
    const intended = recorder.lines.filter((line) => line.startsWith("intend"));
    expect(withdrawn.length).toBeGreaterThan(0);
    expect(intended.length).toBe(6 + withdrawn.length);
  });

  test("ranges go out in order, and what may have landed keeps its mark", async () => {
    const sent: boolean[] = [];
    const ranges = [
      { fromSeq: 2, toSeq: 3, mayHaveLanded: true },
      { fromSeq: 6, toSeq: 7, mayHaveLanded: false },
    ];
    const { recorder, run } = delivery(rowsOf(9), {}, { ranges });
    const record = recorder.record;
    recorder.record = async (batch, settled) => {
      sent.push(batch.mayHaveLanded === true);
      return record(batch, settled);
    };
    expect(await run()).toEqual({ nextSeq: 8, stopped: null });
    expect([...recorder.settledRows.keys()].sort()).toEqual([2, 3, 6, 7]);
    expect(sent.filter(Boolean)).toHaveLength(2);
  });

  test("a destination that answers nothing is given up before the whole plan is thrown at it", async () => {
    const down: Outcome = { kind: "deferred", code: "HTTP_503", message: "down" };
    const { world, run } = delivery(rowsOf(500), { write: () => down });
    const { stopped } = await run();
    expect(stopped).toMatchObject({ code: "DESTINATION_UNREACHABLE" });
    expect(world.batches.length).toBeLessThan(100);
  });
});
