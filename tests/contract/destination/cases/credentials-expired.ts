import { expect } from "vitest";
import { type Case, keyed, quiet, upsert } from "../subject.ts";

export const credentialsExpired: readonly Case[] = [
  {
    title: "credentials that are refused stop the work; no row is blamed and nothing lands (S20)",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      for (const call of ["write", "find", "describe", "check"] as const) {
        await subject.mishap(call, "expire_token", null);
      }
      const refused = { code: expect.stringMatching(/^AUTH_(REFUSED|REQUIRED)$/) };
      await expect(upsert(subject, [keyed(subject, "K1")])).rejects.toMatchObject(refused);
      const lookup = { object, by: { unique: fields.key }, values: ["k1"], fields: [] };
      await expect(destination.find(lookup, quiet)).rejects.toMatchObject(refused);
      await expect(destination.describe(object, [], quiet)).rejects.toMatchObject(refused);
      await expect(destination.check(quiet)).rejects.toMatchObject(refused);
      expect((await subject.dump()).size).toBe(0);
    },
  },
];
