import { expect } from "vitest";
import { type Case, create, idsOf, keyed, quiet, removal, update, valuesOf } from "../subject.ts";

export const createUpdateArchive: readonly Case[] = [
  {
    title: "a record is created, updated by its id with one field only, and archived or deleted",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      const created = await create(subject, [keyed(subject, "K1", { [fields.text]: "a", [fields.number]: "1" })]);
      expect(created.outcomes).toMatchObject([{ kind: "applied", created: true, altered: [] }]);
      const [id = ""] = idsOf(created);

      const updated = await update(subject, [{ by: { id }, fields: { [fields.text]: "b" } }]);
      expect(updated.outcomes).toMatchObject([{ kind: "applied", remoteId: id, created: false, altered: [] }]);
      expect(await valuesOf(subject, fields.text)).toEqual(["b"]);
      expect(await valuesOf(subject, fields.key)).toEqual(["K1"]);

      const writes = [{ by: { id }, fields: {} }];
      const archived = await destination.write({ object, operation: removal(subject), writes }, quiet);
      expect(archived.outcomes).toMatchObject([{ kind: "applied", remoteId: id }]);
      expect((await subject.dump()).size).toBe(0);
    },
  },
];
