import { expect } from "vitest";
import { type Case, quiet } from "../subject.ts";

export const accountAndFields: readonly Case[] = [
  {
    title: "the account has one id, always the same (S11)",
    run: async ({ destination }) => {
      const first = await destination.check(quiet);
      expect(first.value.id).not.toBe("");
      expect(first.value.label).toContain(first.value.id);
      expect((await destination.check(quiet)).value).toEqual(first.value);
    },
  },
  {
    title: "fields are described with type, uniqueness, options and what may be written",
    run: async ({ destination, object, fields }) => {
      const { fields: described } = (await destination.describe(object, [], quiet)).value;
      expect(described.get(fields.key)).toMatchObject({ type: "text", unique: true, upsertKey: true, creatable: true });
      expect(described.get(fields.number)?.type).toBe("number");
      expect(described.get(fields.boolean)?.type).toBe("boolean");
      expect(described.get(fields.date)?.type).toBe("date");
      expect(described.get(fields.timestamp)?.type).toBe("timestamp");
      expect(described.get(fields.option.field)?.options).toContain(fields.option.value);
      expect(described.get(fields.set.field)).toMatchObject({ type: "set" });
      expect(described.get(fields.readOnly)).toMatchObject({ creatable: false, updatable: false });
    },
  },
  {
    title: "an unknown object is refused by its name",
    run: async ({ destination, unknownObject }) => {
      await expect(destination.describe(unknownObject, [], quiet)).rejects.toMatchObject({
        code: "DESTINATION_REFUSED",
        message: expect.stringContaining(unknownObject),
      });
    },
  },
  {
    title: "one method is one call",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      const before = await subject.calls();
      const { calls } = await destination.check(quiet);
      const described = await destination.describe(object, [], quiet);
      const found = await destination.find(
        { object, by: { unique: fields.key }, values: ["nobody"], fields: [] },
        quiet,
      );
      expect([calls, described.calls, found.calls]).toEqual([1, 1, 1]);
      expect((await subject.calls()) - before).toBe(3);
    },
  },
];
