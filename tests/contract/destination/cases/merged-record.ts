import { expect } from "vitest";
import { type Case, quiet, update } from "../subject.ts";

export const mergedRecord: readonly Case[] = [
  {
    title: "a merged id finds the record that it lives on in (S6)",
    run: async (subject) => {
      if (subject.merge === null) return;
      const { destination, object, fields } = subject;
      const [first = "", second = ""] = await subject.seed([{ [fields.key]: "K1" }, { [fields.key]: "K2" }]);
      const survivor = await subject.merge(first, second);
      const request = {
        object,
        by: "recordId" as const,
        values: [first, second, subject.unknownId],
        fields: [fields.key],
      };
      const { found } = await destination.find(request, quiet);
      expect(found.get(first)).toEqual([{ remoteId: survivor, fields: { [fields.key]: "K1" } }]);
      expect(found.get(second)?.[0]?.remoteId).toBe(survivor);
      expect(found.has(subject.unknownId)).toBe(false);
    },
  },
  {
    title: "a write to a merged id is never told as applied to the old one (S6)",
    run: async (subject) => {
      if (subject.merge === null) return;
      const { key, text } = subject.fields;
      const [first = "", second = ""] = await subject.seed([{ [key]: "K1" }, { [key]: "K2" }]);
      const survivor = await subject.merge(first, second);
      const [outcome] = (await update(subject, [{ by: { id: second }, fields: { [text]: "x" } }])).outcomes;
      const landed = (await subject.dump()).get(survivor)?.[text] === "x";
      if (outcome?.kind === "applied") expect([outcome.remoteId, landed]).toEqual([survivor, true]);
      else expect(["missing", "unknown", "rejected"]).toContain(outcome?.kind);
    },
  },
];
