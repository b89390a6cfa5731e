import { expect } from "vitest";
import { type Case, keyed, kinds, liesIn, upsert } from "../subject.ts";

export const emptySuccess: readonly Case[] = [
  {
    title: "success without results is in doubt, not success",
    run: async (subject) => {
      const writes = [keyed(subject, "K1"), keyed(subject, "K2")];
      await subject.mishap("write", "empty");
      const reply = await upsert(subject, writes);
      if (!subject.isWrapped) expect(kinds(reply)).toEqual(["unknown", "unknown"]);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
    },
  },
];
