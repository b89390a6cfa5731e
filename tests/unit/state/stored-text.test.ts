// Proves that every text comes back as it was and that what is stored can be stored.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ROW_STATES } from "../../../src/contract/run.ts";
import { decodeAcks, encodeAcks } from "../../../src/state/ack-blob.ts";
import { fromStored, toStored } from "../../../src/state/stored-text.ts";

const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));
const awkward = fc
  .array(fc.constantFrom("\0", "\ud800", "\udc00", "\ue010", "0000", "d800", "a"))
  .map((all) => all.join(""));

it("brings every text back", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, awkward), (text) => {
      const stored = toStored(text);
      expect(stored).not.toContain("\0");
      expect(Buffer.from(stored).toString()).toBe(stored);
      expect(fromStored(stored)).toBe(text);
    }),
  );
});

it("brings every acknowledgement back, and is short where all rows agree", () => {
  const kept = fc.option(fc.dictionary(fc.string(), fc.option(anyText), { maxKeys: 2 }), { freq: 1 });
  const ack = fc.record({
    state: fc.constantFrom(...ROW_STATES),
    remoteId: fc.option(anyText),
    created: fc.option(fc.boolean()),
    kept,
  });
  fc.assert(
    fc.property(fc.array(ack), (acks) => {
      expect(decodeAcks(encodeAcks(acks))).toEqual(acks);
    }),
  );
  const plain = Array.from(
    { length: 100 },
    () => ({ state: "applied", remoteId: "1", created: true, kept: null }) as const,
  );
  expect(encodeAcks(plain).length).toBeLessThan(420);
});
