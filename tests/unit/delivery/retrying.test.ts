// Proves what is sent again and what is not (S17, S19), and that no answer is lost on the way.
import { expect, test } from "vitest";
import type { CallOperation, Outcome, WriteBatch } from "../../../src/contract/destination.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { retryAllowance, retrying } from "../../../src/delivery/retrying.ts";
import { running, someHints } from "./samples.ts";
import { type Script, scriptedDestination } from "./scripted-destination.ts";
import { virtualClock } from "./virtual-clock.ts";

const LATER: Outcome = { kind: "deferred", code: "HTTP_503", message: "later" };
const LOST: Outcome = { kind: "unknown", reason: "connection reset" };

function aBatch(count: number, operation: CallOperation = "upsert"): WriteBatch {
  const writes = Array.from({ length: count }, (_, index) => ({
    by: { match: { ext: `${index}` } },
    fields: { n: `${index}` },
  }));
  return { object: "contacts", operation, writes };
}

function wrapped(script: Script, random = () => 0.5, allowance = retryAllowance()) {
  const clock = virtualClock();
  const inner = scriptedDestination(script);
  return { clock, inner, destination: retrying(inner.destination, { clock, random, allowance }) };
}

test("rows that did not land go again, alone, until they do", async () => {
  const { clock, inner, destination } = wrapped({
    write: (write, _, call) => (call < 2 && write.fields["n"] === "1" ? LATER : undefined),
  });
  const reply = await clock.run(destination.write(aBatch(3), running()));
  expect(reply.outcomes.map((outcome) => outcome.kind)).toEqual(["applied", "applied", "applied"]);
  expect(inner.batches.map((batch) => batch.writes.length)).toEqual([3, 1, 1]);
  expect(reply).toMatchObject({ calls: 3, bytesOut: 30 });
  expect(clock.slept).toEqual([250, 500]);
});

test.each([
  ["upsert", 2],
  ["update", 2],
  ["archive", 2],
  ["create", 1],
] as const)("an unknown answer to %s: sent %i times", async (operation, times) => {
  const { clock, inner, destination } = wrapped({
    write: (_, __, call) => (call === 0 ? LOST : { kind: "skipped", reason: "" }),
  });
  const reply = await clock.run(destination.write(aBatch(1, operation), running()));
  expect(inner.batches).toHaveLength(times);
  expect(reply.outcomes[0]?.kind).toBe(times === 1 ? "unknown" : "skipped");
});

test("an upsert that is not atomic at the vendor is not sent again after a lost answer (S19)", async () => {
  const clock = virtualClock();
  const inner = scriptedDestination({ write: () => LOST }, { upsertIsAtomic: false });
  const options = { clock, random: () => 0, allowance: retryAllowance() };
  const reply = await clock.run(retrying(inner.destination, options).write(aBatch(1), running()));
  expect(reply.outcomes).toEqual([LOST]);
  expect(inner.batches).toHaveLength(1);
});

test("a row that may have landed stays unknown though its next try certainly did not", async () => {
  for (const second of [LATER, new Fault("AUTH_REFUSED", "token expired")]) {
    const { clock, destination } = wrapped({
      write: (_, __, call) => {
        if (call === 0) return LOST;
        if (second instanceof Fault) throw second;
        return second;
      },
    });
    const reply = await clock.run(destination.write(aBatch(1), running()));
    expect(reply.outcomes[0]?.kind).toBe("unknown");
  }
});

test("cancelled while it waits: what was answered is kept, what may have landed stays unknown", async () => {
  const stop = new AbortController();
  const { clock, inner, destination } = wrapped({
    write: (write, _, call) => {
      if (call > 0) return { kind: "deferred", code: "CANCELLED", message: "cancelled" };
      return write.fields["n"] === "0" ? undefined : write.fields["n"] === "1" ? LATER : LOST;
    },
  });
  inner.destination.write = ((write) => async (batch: WriteBatch, signal: AbortSignal) => {
    if (!signal.aborted) return write(batch, signal);
    const outcomes = batch.writes.map((): Outcome => ({ kind: "deferred", code: "CANCELLED", message: "cancelled" }));
    return { outcomes, refusedWhole: false, calls: 0, bytesOut: 0, hints: someHints({}) };
  })(inner.destination.write);
  const writing = destination.write(aBatch(3), stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort(new Error("enough"));
  const reply = await clock.run(writing);
  expect(reply.outcomes.map((outcome) => outcome.kind)).toEqual(["applied", "deferred", "unknown"]);
});

test("a later fault keeps earlier answers; a first one is thrown", async () => {
  const refused = new Fault("AUTH_REFUSED", "token expired");
  const late = wrapped({
    write: (write, _, call) => {
      if (call > 0) throw refused;
      return write.fields["n"] === "0" ? undefined : LATER;
    },
  });
  const reply = await late.clock.run(late.destination.write(aBatch(2), running()));
  expect(reply.outcomes).toMatchObject([{ kind: "applied" }, { kind: "deferred", code: "AUTH_REFUSED" }]);
  const first = wrapped({
    write: () => {
      throw refused;
    },
  });
  await expect(first.destination.write(aBatch(2), running())).rejects.toBe(refused);
});

test("a batch refused whole is handed on untouched; one that shrank before defers its rest and rejects nobody", async () => {
  const poison: Outcome = { kind: "rejected", code: "X", field: null, message: "no", suppressed: false };
  const whole = wrapped({ write: () => poison, reply: (reply) => ({ ...reply, refusedWhole: true }) });
  expect(await whole.destination.write(aBatch(3), running())).toMatchObject({ refusedWhole: true, calls: 1 });
  const shrunk = wrapped({
    write: (write, _, call) => (call === 0 ? (write.fields["n"] === "0" ? undefined : LATER) : poison),
    reply: (reply, _, call) => ({ ...reply, refusedWhole: call === 1 }),
  });
  const reply = await shrunk.clock.run(shrunk.destination.write(aBatch(3), running()));
  expect(reply.refusedWhole).toBe(false);
  expect(reply.outcomes.map((outcome) => outcome.kind)).toEqual(["applied", "deferred", "deferred"]);
});

test("a row that nobody answered for is unknown, never a success", async () => {
  const { clock, destination } = wrapped({ reply: (reply) => ({ ...reply, outcomes: reply.outcomes.slice(0, 1) }) });
  const reply = await clock.run(destination.write(aBatch(2), running()));
  expect(reply.outcomes.map((outcome) => outcome.kind)).toEqual(["applied", "unknown"]);
});

test("a storm of 503: at most six tries a batch, and retries stay under a tenth of the calls (S17)", async () => {
  const allowance = retryAllowance();
  const { clock, inner, destination } = wrapped({ write: () => LATER }, () => 0, allowance);
  const first = await clock.run(destination.write(aBatch(1), running()));
  expect(first.outcomes).toEqual([LATER]);
  expect(inner.batches).toHaveLength(6);
  for (let batch = 1; batch < 500; batch++) await clock.run(destination.write(aBatch(1), running()));
  const retries = inner.batches.length - 500;
  expect(retries).toBeLessThanOrEqual(10 + inner.batches.length * 0.1);
});

test("429 costs no allowance and no extra pause: the door keeps Retry-After", async () => {
  const allowance = { earn: () => undefined, spend: () => false };
  const hints = someHints({ throttled: true, retryAfterMs: 100 });
  const { clock, inner, destination } = wrapped(
    {
      write: (_, __, call) => (call < 3 ? LATER : undefined),
      reply: (reply, _, call) => (call < 3 ? { ...reply, hints } : reply),
    },
    () => 0.9,
    allowance,
  );
  const reply = await clock.run(destination.write(aBatch(1), running()));
  expect(reply.outcomes[0]?.kind).toBe("applied");
  expect(inner.batches).toHaveLength(4);
  expect(clock.slept.every((ms) => ms === 0)).toBe(true);
});

test.each([
  ["DESTINATION_UNREACHABLE", 3],
  ["DESTINATION_ANSWER", 3],
  ["THROTTLED", 3],
  ["AUTH_REFUSED", 1],
  ["DESTINATION_REFUSED", 1],
] as const)("a question that fails with %s is asked %i times", async (code, times) => {
  let asked = 0;
  const { clock, destination } = wrapped({
    find: () => {
      if (++asked < 3) throw new Fault(code, "no");
    },
  });
  const request = { object: "contacts", by: { unique: "ext" }, values: ["1"], fields: [] };
  const answer = clock.run(destination.find(request, running()));
  if (times === 1) await expect(answer).rejects.toMatchObject({ code });
  else await answer;
  expect(asked).toBe(times);
});
