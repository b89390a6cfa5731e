import { expect } from "vitest";
import { type Case, keyed, kinds, liesIn, quiet, upsert } from "../subject.ts";

const SLOW_DOWN = { status: 429, headers: { "retry-after": "1" }, body: { message: "slow down" } } as const;

export const throttled: readonly Case[] = [
  {
    title: "a throttled write is put off, with the wait that the vendor asks for (S17)",
    run: async (subject) => {
      const writes = [keyed(subject, "K1"), keyed(subject, "K2")];
      await subject.mishap("write", SLOW_DOWN);
      const reply = await upsert(subject, writes);
      expect(await liesIn(subject, writes, reply.outcomes)).toEqual([]);
      if (subject.isWrapped) return;
      expect(kinds(reply)).toEqual(["deferred", "deferred"]);
      expect(reply.hints).toMatchObject({ throttled: true, retryAfterMs: 1_000 });
      expect((await subject.dump()).size).toBe(0);
    },
  },
  {
    title: "a throttled lookup is a fault that brings the wait along",
    run: async (subject) => {
      if (subject.isWrapped) return;
      const { destination, object, fields } = subject;
      await subject.mishap("find", SLOW_DOWN);
      const looked = destination.find({ object, by: { unique: fields.key }, values: ["k1"], fields: [] }, quiet);
      await expect(looked).rejects.toMatchObject({
        code: "THROTTLED",
        hints: { throttled: true, retryAfterMs: 1_000 },
      });
    },
  },
  {
    title: "what the vendor tells of its limits comes with every answer",
    run: async (subject) => {
      if (subject.isWrapped) return; // what was told ends at the decorator that needs it
      const { destination } = subject;
      const written = await upsert(subject, [keyed(subject, "K1")]);
      const checked = await destination.check(quiet);
      for (const { hints } of [written, checked]) expect(hints.window ?? hints.daily).not.toBeNull();
    },
  },
];
