import { expect } from "vitest";
import { type Case, quiet, removal, update, valuesOf } from "../subject.ts";

export const missingRecord: readonly Case[] = [
  {
    title: "an update of a record that is gone says so, and never makes one; the others land (S6)",
    run: async (subject) => {
      const { key, text } = subject.fields;
      const [id = ""] = await subject.seed([{ [key]: "K1" }]);
      const reply = await update(subject, [
        { by: { id: subject.unknownId }, fields: { [text]: "x" } },
        { by: { id }, fields: { [text]: "y" } },
      ]);
      expect(reply.outcomes).toMatchObject([{ kind: "missing" }, { kind: "applied", remoteId: id }]);
      expect(await valuesOf(subject, text)).toEqual(["y"]);
    },
  },
  {
    title: "archiving or deleting what is gone is done already",
    run: async (subject) => {
      const { destination, object, unknownId } = subject;
      const writes = [{ by: { id: unknownId }, fields: {} }];
      const reply = await destination.write({ object, operation: removal(subject), writes }, quiet);
      expect(reply.outcomes).toMatchObject([{ kind: "applied", remoteId: unknownId }]);
    },
  },
];
