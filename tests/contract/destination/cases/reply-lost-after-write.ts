import { expect } from "vitest";
import { type Case, create, keyed, kinds, liesIn, upsert } from "../subject.ts";

export const replyLostAfterWrite: readonly Case[] = [
  {
    title: "a reply lost after the write is in doubt, and sending an upsert again makes no second record (S19)",
    run: async (subject) => {
      const writes = [keyed(subject, "K1"), keyed(subject, "K2")];
      await subject.mishap("write", "lost_reply");
      const reply = await upsert(subject, writes);
      if (!subject.isWrapped) expect(kinds(reply)).toEqual(["unknown", "unknown"]);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
      expect(kinds(await upsert(subject, writes))).toEqual(["applied", "applied"]);
      expect((await subject.dump()).size).toBe(2);
    },
  },
  {
    title: "a create whose reply is lost is neither done nor failed",
    run: async (subject) => {
      await subject.mishap("write", "lost_reply");
      const reply = await create(subject, [keyed(subject, "K1")]);
      expect(reply.outcomes).not.toMatchObject([{ kind: "rejected" }]);
      expect(reply.outcomes).not.toMatchObject([{ kind: "deferred" }]);
      expect((await subject.dump()).size).toBe(1);
    },
  },
];
