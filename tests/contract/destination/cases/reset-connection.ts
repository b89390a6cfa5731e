import { expect } from "vitest";
import { type Case, keyed, kinds, liesIn, upsert } from "../subject.ts";

export const resetConnection: readonly Case[] = [
  {
    title: "a connection that breaks off before anything was applied is never told as success or refusal",
    run: async (subject) => {
      const writes = [keyed(subject, "K1"), keyed(subject, "K2")];
      await subject.mishap("write", "reset");
      const reply = await upsert(subject, writes);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
      if (!subject.isWrapped) for (const kind of kinds(reply)) expect(["unknown", "deferred"]).toContain(kind);
      expect(kinds(await upsert(subject, writes))).toEqual(["applied", "applied"]);
    },
  },
];
