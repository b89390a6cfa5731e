import { expect } from "vitest";
import { sameValue } from "../../../../src/kit/same-value.ts";
import { type Case, idsOf, keyed, quiet, upsert } from "../subject.ts";

export const everyType: readonly Case[] = [
  {
    title: "a value of every type comes back as it was sent, and its echo is no alteration",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      const sent = {
        [fields.text]: "plain",
        [fields.number]: "12345678.25",
        [fields.boolean]: "true",
        [fields.date]: "1979-12-31",
        [fields.timestamp]: "2026-03-01T09:59:59.250Z",
        [fields.option.field]: fields.option.value,
        [fields.set.field]: JSON.stringify([...fields.set.values].sort()),
      };
      const reply = await upsert(subject, [keyed(subject, "K1", sent)]);
      expect(reply.outcomes).toMatchObject([{ kind: "applied", altered: [] }]);

      const [id = ""] = idsOf(reply);
      const names = Object.keys(sent);
      const { found } = await destination.find({ object, by: "recordId", values: [id], fields: names }, quiet);
      const kept = found.get(id)?.[0]?.fields ?? {};
      const { fields: described } = (await destination.describe(object, [], quiet)).value;
      for (const name of names) {
        const type = described.get(name)?.type ?? "text";
        expect([name, kept[name], sameValue(type, kept[name] ?? null, sent[name] ?? null)]).toEqual([
          name,
          kept[name],
          true,
        ]);
      }
    },
  },
  {
    title: "another spelling of the same value is no alteration",
    run: async (subject) => {
      const { number, set, timestamp } = subject.fields;
      const [first, second] = set.values;
      const writes = [
        keyed(subject, "K1", {
          [number]: "1.500",
          [set.field]: JSON.stringify([second, first]),
          [timestamp]: "2026-03-01T09:59:59.250123Z",
        }),
      ];
      expect((await upsert(subject, writes)).outcomes).toMatchObject([{ kind: "applied", altered: [] }]);
      expect((await upsert(subject, writes)).outcomes).toMatchObject([{ kind: "applied", altered: [] }]);
    },
  },
];
