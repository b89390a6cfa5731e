import { expect } from "vitest";
import { type Case, idsOf, keyed, quiet, upsert } from "../subject.ts";

export const findRecords: readonly Case[] = [
  {
    title: "records are found by a unique field and by id, with present values; others are absent (S7)",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      const reply = await upsert(subject, [
        keyed(subject, "k1", { [fields.text]: "a", [fields.number]: "1" }),
        keyed(subject, "k2"),
      ]);
      const [first = "", second = ""] = idsOf(reply);
      const wanted = [fields.text, fields.number];
      const byKey = await destination.find(
        { object, by: { field: fields.key }, values: ["k2", "nobody", "k1"], fields: wanted },
        quiet,
      );
      expect(byKey.found).toEqual(
        new Map([
          ["k1", [{ remoteId: first, fields: { [fields.text]: "a", [fields.number]: "1" } }]],
          ["k2", [{ remoteId: second, fields: { [fields.text]: null, [fields.number]: null } }]],
        ]),
      );
      const values = [second, subject.unknownId];
      const byId = await destination.find({ object, by: "recordId", values, fields: [fields.key] }, quiet);
      expect(byId.found).toEqual(new Map([[second, [{ remoteId: second, fields: { [fields.key]: "k2" } }]]]));
    },
  },
  {
    title: "archived records are not found",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      if (!destination.abilities.operations.includes("archive")) return;
      const [id = ""] = await subject.seed([{ [fields.key]: "k1" }]);
      await destination.write({ object, operation: "archive", writes: [{ by: { id }, fields: {} }] }, quiet);
      const byKey = await destination.find({ object, by: { field: fields.key }, values: ["k1"], fields: [] }, quiet);
      const byId = await destination.find({ object, by: "recordId", values: [id], fields: [] }, quiet);
      expect([byKey.found.size, byId.found.size]).toEqual([0, 0]);
    },
  },
  {
    title: "as many values as findSize allows go in one call",
    run: async ({ destination, object, fields, ...subject }) => {
      const values = Array.from({ length: destination.abilities.findSize }, (_, row) => `k${row}`);
      await subject.seed(values.slice(0, 50).map((value) => ({ [fields.key]: value })));
      const reply = await destination.find({ object, by: { field: fields.key }, values, fields: [] }, quiet);
      expect([reply.found.size, reply.calls]).toEqual([50, 1]);
    },
  },
  {
    title: "a lookup that fails is a fault, never an empty answer",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      await subject.seed([{ [fields.key]: "k1" }]);
      await subject.mishap("find", "html", null);
      const looked = destination.find({ object, by: { field: fields.key }, values: ["k1"], fields: [] }, quiet);
      await expect(looked).rejects.toMatchObject({ name: "Fault" });
    },
  },
];
