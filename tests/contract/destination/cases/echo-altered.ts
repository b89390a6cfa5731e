import { expect } from "vitest";
import { type Case, idsOf, keyed, update, upsert, valuesOf } from "../subject.ts";

export const echoAltered: readonly Case[] = [
  {
    title: "a value that is taken but not kept is told as altered, with what was kept (S15)",
    run: async (subject) => {
      const { sticky, text } = subject.fields;
      if (sticky === null) return;
      const { field, present, ignored } = sticky;
      const [id = ""] = idsOf(await upsert(subject, [keyed(subject, "K1", { [field]: present })]));
      const reply = await update(subject, [{ by: { id }, fields: { [field]: ignored, [text]: "kept" } }]);
      expect(reply.outcomes).toEqual([
        { kind: "applied", remoteId: id, created: false, altered: [{ field, sent: ignored, kept: present }] },
      ]);
      expect(await valuesOf(subject, field)).toEqual([present]);
    },
  },
];
