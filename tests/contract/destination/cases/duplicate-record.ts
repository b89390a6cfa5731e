import { expect } from "vitest";
import { type Case, create, keyed, update, valuesOf } from "../subject.ts";

export const duplicateRecord: readonly Case[] = [
  {
    title: "a create that meets a record names it, and changes nothing (S7)",
    run: async (subject) => {
      const { key, text } = subject.fields;
      const [id] = await subject.seed([{ [key]: "K1", [text]: "typed by hand" }]);
      const reply = await create(subject, [
        keyed(subject, "K1", { [text]: "x" }),
        keyed(subject, "K2", { [text]: "y" }),
      ]);
      if (reply.refusedWhole) return expect((await subject.dump()).size).toBe(1);
      expect(reply.outcomes).toMatchObject([
        { kind: "exists", remoteId: id },
        { kind: "applied", created: true },
      ]);
      expect(await valuesOf(subject, text)).toEqual(["typed by hand", "y"]);
    },
  },
  {
    title: "an update that takes another record's unique value is refused, not linked there",
    run: async (subject) => {
      const { key } = subject.fields;
      const [, second = ""] = await subject.seed([{ [key]: "K1" }, { [key]: "K2" }]);
      const reply = await update(subject, [{ by: { id: second }, fields: { [key]: "K1" } }]);
      expect(reply.outcomes).toMatchObject([{ kind: "rejected", code: "CONFLICT" }]);
      expect(await valuesOf(subject, key)).toEqual(["K1", "K2"]);
    },
  },
];
