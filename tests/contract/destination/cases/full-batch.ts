import { expect } from "vitest";
import { type Case, idsOf, keyed, liesIn, upsert } from "../subject.ts";

export const fullBatch: readonly Case[] = [
  {
    title: "a full batch has one outcome a write, in the order of the writes, in one call",
    run: async (subject) => {
      const { batchSize } = subject.destination.abilities;
      const writes = Array.from({ length: batchSize }, (_, row) =>
        keyed(subject, `K${batchSize - row}`, { [subject.fields.text]: `row ${row}` }),
      );
      const before = await subject.calls();
      const reply = await upsert(subject, writes);
      expect(new Set(idsOf(reply)).size).toBe(batchSize);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
      expect(reply).toMatchObject({ calls: 1, refusedWhole: false });
      expect((await subject.calls()) - before).toBe(1);
      expect(reply.bytesOut).toBeGreaterThan(batchSize * 10);
    },
  },
];
