import { expect } from "vitest";
import { type Case, idsOf, keyed, quiet, update, upsert } from "../subject.ts";

export const clearedValues: readonly Case[] = [
  {
    title: "null clears a field of any type, and clearing what is empty is no trouble (S13)",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      const names = [fields.text, fields.number, fields.boolean, fields.date, fields.option.field, fields.set.field];
      const full = {
        [fields.text]: "x",
        [fields.number]: "1",
        [fields.boolean]: "true",
        [fields.date]: "2026-03-01",
        [fields.option.field]: fields.option.value,
        [fields.set.field]: JSON.stringify([fields.set.values[0]]),
      };
      const cleared = Object.fromEntries(names.map((name) => [name, null]));
      const [id = ""] = idsOf(await upsert(subject, [keyed(subject, "K1", full)]));
      for (let round = 0; round < 2; round++) {
        const reply = await update(subject, [{ by: { id }, fields: cleared }]);
        expect(reply.outcomes).toMatchObject([{ kind: "applied", remoteId: id, altered: [] }]);
      }
      const { found } = await destination.find({ object, by: "recordId", values: [id], fields: names }, quiet);
      expect(found.get(id)?.[0]?.fields).toEqual({ ...cleared, [fields.boolean]: fields.emptyBoolean });
    },
  },
  {
    title: "a record may be made with nulls",
    run: async (subject) => {
      const reply = await upsert(subject, [keyed(subject, "K1", { [subject.fields.text]: null })]);
      expect(reply.outcomes).toMatchObject([{ kind: "applied", created: true, altered: [] }]);
    },
  },
];
