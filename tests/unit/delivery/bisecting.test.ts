// Proves that a refused batch is halved down to its guilty rows, within 2·log2 n + 1 further calls per guilty row (S18).
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Outcome, WriteBatch } from "../../../src/contract/destination.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { bisecting } from "../../../src/delivery/bisecting.ts";
import { running } from "./samples.ts";
import { type Script, scriptedDestination } from "./scripted-destination.ts";

const POISON: Outcome = { kind: "rejected", code: "BAD", field: "n", message: "bad", suppressed: false };

function aBatch(size: number): WriteBatch {
  const writes = Array.from({ length: size }, (_, index) => ({
    by: { match: { ext: `${index}` } },
    fields: { n: `${index}` },
  }));
  return { object: "contacts", operation: "upsert", writes };
}

/** A vendor that takes all of a batch or nothing. */
function allOrNothing(guilty: ReadonlySet<number>): Script {
  const isGuilty = (batch: WriteBatch): boolean => batch.writes.some((write) => guilty.has(Number(write.fields["n"])));
  return {
    write: (_, batch) => (isGuilty(batch) ? POISON : undefined),
    reply: (reply, batch) => ({ ...reply, refusedWhole: isGuilty(batch) }),
  };
}

test("exactly the guilty rows are refused, all others land, and the calls stay within the bound", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.nat({ max: 99 }), { maxLength: 6 }),
      async (size, picks) => {
        const guilty = new Set(picks.map((pick) => pick % size));
        const inner = scriptedDestination(allOrNothing(guilty));
        const reply = await bisecting(inner.destination).write(aBatch(size), running());
        expect(reply.outcomes.map((outcome) => outcome.kind)).toEqual(
          Array.from({ length: size }, (_, index) => (guilty.has(index) ? "rejected" : "applied")),
        );
        expect(reply).toMatchObject({ refusedWhole: false, calls: inner.batches.length });
        expect(inner.records.size).toBe(size - guilty.size);
        const most = guilty.size * (2 * Math.ceil(Math.log2(size)) + 1);
        expect(inner.batches.length - 1).toBeLessThanOrEqual(most);
      },
    ),
    { numRuns: 300 },
  );
});

test("a fault in one half leaves the other half's answers: its rows wait", async () => {
  const script = allOrNothing(new Set([0]));
  const refused = new Fault("AUTH_REFUSED", "token expired");
  const inner = scriptedDestination({
    ...script,
    write: (write, batch, call) => {
      if (call > 0 && batch.writes.some((other) => other.fields["n"] === "3")) throw refused;
      return script.write?.(write, batch, call);
    },
  });
  const reply = await bisecting(inner.destination).write(aBatch(4), running());
  expect(reply.outcomes.map((outcome) => outcome.kind)).toEqual(["rejected", "applied", "deferred", "deferred"]);
});

test("a fault of the whole batch is thrown", async () => {
  const refused = new Fault("DESTINATION_REFUSED", "missing scope");
  const inner = scriptedDestination({
    write: () => {
      throw refused;
    },
  });
  await expect(bisecting(inner.destination).write(aBatch(4), running())).rejects.toBe(refused);
});
