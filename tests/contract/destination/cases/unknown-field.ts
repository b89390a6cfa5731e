import { expect } from "vitest";
import { type Case, keyed, upsert } from "../subject.ts";

export const unknownField: readonly Case[] = [
  {
    title: "a field that the vendor does not know is refused by its name",
    run: async (subject) => {
      const reply = await upsert(subject, [keyed(subject, "K1", { no_such_field: "x" })]);
      expect(reply.outcomes).toMatchObject([
        { kind: "rejected", field: "no_such_field", message: expect.stringContaining("no_such_field") },
      ]);
      expect((await subject.dump()).size).toBe(0);
    },
  },
];
