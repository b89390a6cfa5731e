import { expect } from "vitest";
import { type Case, quiet, upsert } from "../subject.ts";

export const caseOfMatchValues: readonly Case[] = [
  {
    title: "a match value finds its record in any case, where the vendor compares so (S7)",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      const { caseless } = fields;
      if (caseless === null) return;
      expect((await destination.describe(object, [], quiet)).value.fields.get(caseless)?.matchForm).toBe("lower");
      const [id] = await subject.seed([{ [caseless]: "Ada@Example.com" }]);
      const { found } = await destination.find(
        { object, by: { unique: caseless }, values: ["ada@example.com"], fields: [] },
        quiet,
      );
      expect(found.get("ada@example.com")?.[0]?.remoteId).toBe(id);
      const write = { by: { match: { [caseless]: "ada@example.com" } }, fields: { [caseless]: "ADA@example.com" } };
      expect((await upsert(subject, [write])).outcomes).toEqual([
        { kind: "applied", remoteId: id, created: false, altered: [] },
      ]);
      expect((await subject.dump()).size).toBe(1);
    },
  },
];
