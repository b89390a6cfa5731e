import { expect } from "vitest";
import { type Case, keyed, kinds, liesIn, upsert } from "../subject.ts";

export const partialResults: readonly Case[] = [
  {
    title: "a row that the answer leaves out is in doubt, neither done nor failed (S19)",
    run: async (subject) => {
      const writes = Array.from({ length: 20 }, (_, row) => keyed(subject, `K${row}`));
      await subject.mishap("write", "partial");
      const reply = await upsert(subject, writes);
      expect(reply.outcomes).toHaveLength(20);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
      if (subject.isWrapped) return;
      expect(kinds(reply)).toContain("unknown");
      expect(new Set(["applied", "unknown", ...kinds(reply)]).size).toBe(2);
    },
  },
];
