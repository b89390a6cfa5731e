import { expect } from "vitest";
import { type Case, idsOf, keyed, liesIn, upsert } from "../subject.ts";

export const shuffledResults: readonly Case[] = [
  {
    title: "results in another order still belong to their rows",
    run: async (subject) => {
      if (subject.resultsByPosition) return;
      const writes = Array.from({ length: 20 }, (_, row) => keyed(subject, `K${row}`));
      await subject.mishap("write", "shuffle");
      const reply = await upsert(subject, writes);
      expect(idsOf(reply)).toHaveLength(20);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
    },
  },
];
