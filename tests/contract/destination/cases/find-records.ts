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
        { object, by: { unique: fields.key }, values: ["k2", "nobody", "k1"], fields: wanted },
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
      const byKey = await destination.find({ object, by: { unique: fields.key }, values: ["k1"], fields: [] }, quiet);
      const byId = await destination.find({ object, by: "recordId", values: [id], fields: [] }, quiet);
      expect([byKey.found.size, byId.found.size]).toEqual([0, 0]);
    },
  },
  {
    title: "by a field that is not unique every record of a value is told, whatever its case (S7)",
    run: async ({ destination, object, fields, ...subject }) => {
      const [first = "", second = ""] = await subject.seed([
        { [fields.key]: "k1", [fields.text]: "Zoë O'Neil" },
        { [fields.key]: "k2", [fields.text]: "zoë o'neil" },
        { [fields.key]: "k3", [fields.text]: "Zoë" },
      ]);
      const values = ["zoë o'neil", "nobody"];
      const reply = await destination.find(
        { object, by: { fields: [fields.text] }, values, fields: [fields.key] },
        quiet,
      );
      expect([...reply.found.keys()]).toEqual(["zoë o'neil"]);
      const told = reply.found.get("zoë o'neil")?.map((one) => [one.remoteId, one.fields[fields.key]]);
      expect(told?.sort()).toEqual(
        [
          [first, "k1"],
          [second, "k2"],
        ].sort(),
      );
    },
  },
  {
    title: "by several fields all of them must agree (S7)",
    run: async ({ destination, object, fields, ...subject }) => {
      const [first = "", second = ""] = await subject.seed([
        { [fields.key]: "k1", [fields.text]: "Ann", [fields.number]: "1" },
        { [fields.key]: "k2", [fields.text]: "Ann", [fields.number]: "2" },
        { [fields.key]: "k3", [fields.text]: "Bob", [fields.number]: "1" },
      ]);
      const values = [JSON.stringify(["ann", "1"]), JSON.stringify(["ann", "2"]), JSON.stringify(["bob", "2"])];
      const by = { fields: [fields.text, fields.number] };
      const { found } = await destination.find({ object, by, values, fields: [] }, quiet);
      expect([...found].map(([value, records]) => [value, records.map((one) => one.remoteId)])).toEqual(
        expect.arrayContaining([
          [values[0], [first]],
          [values[1], [second]],
        ]),
      );
      expect(found.size).toBe(2);
    },
  },
  {
    title: "more records of one value than one page shows are all told",
    run: async ({ destination, object, fields, ...subject }) => {
      const ids = await subject.seed(
        Array.from({ length: 230 }, (_, row) => ({ [fields.key]: `k${row}`, [fields.text]: "Same" })),
      );
      const { found } = await destination.find(
        { object, by: { fields: [fields.text] }, values: ["same"], fields: [] },
        quiet,
      );
      expect(
        found
          .get("same")
          ?.map((one) => one.remoteId)
          .sort(),
      ).toEqual([...ids].sort());
    },
  },
  {
    title: "as many values as findSize allows go in one call",
    run: async ({ destination, object, fields, ...subject }) => {
      const values = Array.from({ length: destination.abilities.findSize }, (_, row) => `k${row}`);
      await subject.seed(values.slice(0, 50).map((value) => ({ [fields.key]: value })));
      const reply = await destination.find({ object, by: { unique: fields.key }, values, fields: [] }, quiet);
      expect([reply.found.size, reply.calls]).toEqual([50, 1]);
    },
  },
  {
    title: "a lookup that fails is a fault, never an empty answer",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      await subject.seed([{ [fields.key]: "k1" }]);
      await subject.mishap("find", "html", null);
      const looked = destination.find({ object, by: { unique: fields.key }, values: ["k1"], fields: [] }, quiet);
      await expect(looked).rejects.toMatchObject({ name: "Fault" });
    },
  },
];
