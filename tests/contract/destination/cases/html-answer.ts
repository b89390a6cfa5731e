import { expect } from "vitest";
import { type Case, keyed, kinds, liesIn, quiet, upsert } from "../subject.ts";

export const htmlAnswer: readonly Case[] = [
  {
    title: "a proxy's error page is in doubt",
    run: async (subject) => {
      const writes = [keyed(subject, "K1")];
      await subject.mishap("write", "html");
      const reply = await upsert(subject, writes);
      if (!subject.isWrapped) expect(kinds(reply)).toEqual(["unknown"]);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
    },
  },
  {
    title: "a proxy's error page in place of a description is a passing fault",
    run: async ({ destination, object, mishap }) => {
      await mishap("describe", "html", null);
      await expect(destination.describe(object, [], quiet)).rejects.toMatchObject({ code: "DESTINATION_ANSWER" });
    },
  },
  {
    title: "a proxy's error page in place of an account is a passing fault",
    run: async ({ destination, mishap }) => {
      await mishap("check", "html", null);
      await expect(destination.check(quiet)).rejects.toMatchObject({ code: "DESTINATION_ANSWER" });
    },
  },
];
