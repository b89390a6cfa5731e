import { expect } from "vitest";
import { type Case, keyed, liesIn, upsert } from "../subject.ts";

export const poisonRow: readonly Case[] = [
  {
    title: "poison rows are refused with code, field and the vendor's words; the others land (S18)",
    run: async (subject) => {
      const { poison, text } = subject.fields;
      const writes = Array.from({ length: 10 }, (_, row) =>
        keyed(subject, `K${row}`, row === 3 || row === 7 ? { [poison.field]: poison.value } : { [text]: "fine" }),
      );
      const reply = await upsert(subject, writes);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
      if (reply.refusedWhole) {
        expect(reply.outcomes.every((outcome) => outcome.kind === "rejected")).toBe(true);
        return;
      }
      for (const [row, outcome] of reply.outcomes.entries()) {
        if (row !== 3 && row !== 7) {
          expect(outcome.kind).toBe("applied");
          continue;
        }
        expect(outcome).toMatchObject({ kind: "rejected", code: poison.code, field: poison.field, suppressed: false });
        expect(outcome.kind === "rejected" && outcome.message).not.toMatch(/[{}]|^$/);
      }
    },
  },
];
