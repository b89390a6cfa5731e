import { expect } from "vitest";
import { type Case, idsOf, keyed, upsert, valuesOf } from "../subject.ts";

export const upsertTwice: readonly Case[] = [
  {
    title: "an upsert creates, the next one updates the same records",
    run: async (subject) => {
      const { text, key } = subject.fields;
      const first = await upsert(subject, [
        keyed(subject, "K1", { [text]: "a" }),
        keyed(subject, "K2", { [text]: "b" }),
      ]);
      expect(first.outcomes).toMatchObject([{ created: true }, { created: true }]);
      const second = await upsert(subject, [
        keyed(subject, "K2", { [text]: "c" }),
        keyed(subject, "K1", { [text]: "d" }),
      ]);
      expect(second.outcomes).toMatchObject([{ created: false }, { created: false }]);
      expect(idsOf(second)).toEqual([...idsOf(first)].reverse());
      expect(await valuesOf(subject, key)).toEqual(["K1", "K2"]);
      expect(await valuesOf(subject, text)).toEqual(["c", "d"]);
    },
  },
  {
    title: "what is not among the fields stays as people typed it (S14)",
    run: async (subject) => {
      const { text, number, key } = subject.fields;
      await subject.seed([{ [key]: "K1", [text]: "typed by hand" }]);
      await upsert(subject, [keyed(subject, "K1", { [number]: "5" })]);
      expect(await valuesOf(subject, text)).toEqual(["typed by hand"]);
    },
  },
];
