import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { syncOn, took } from "../sync.ts";

const model = (...names: string[]) =>
  rowsSql(
    { id: "bigint", name: "text" },
    names.map((name, index) => [`${index}`, name]),
  );

export const staleWorker: readonly Case[] = [
  {
    title: "a worker whose lease another took moves nothing: neither commit, accept nor a mark (S26)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const old = await sync.plan(model("a", "b"), { epoch: 3 });
      const rows = old.rows.map(took);
      await sync.accept(old, rows.slice(0, 1), 3);
      await sync.plan(model("a", "c"), { epoch: 4 });
      const before = await subject.dump();
      const stale = { code: "LEASE_LOST" };
      await expect(sync.accept(old, rows, 3)).rejects.toMatchObject(stale);
      await expect(sync.doubt(old, [{ fromSeq: 0, toSeq: 1 }], 3)).rejects.toMatchObject(stale);
      await expect(sync.plan(model("z"), { epoch: 3 })).rejects.toMatchObject(stale);
      expect(await subject.dump()).toBe(before);
      await sync.accept(old, rows, 5);
      await expect(sync.accept(old, rows, 4)).rejects.toMatchObject(stale);
    },
  },
  {
    title: "an acceptance for a sync that the planner does not know is refused (S25)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const planned = await sync.plan(model("a"), { commit: false });
      await expect(sync.accept(planned, planned.rows.map(took))).rejects.toMatchObject({ code: "STATE_MISMATCH" });
    },
  },
  {
    title: "a plan that is not committed leaves no trace; its session can be closed at any point",
    run: async (subject) => {
      const sync = syncOn(subject);
      const before = await subject.dump();
      await sync.plan(model("a"), { commit: false });
      expect(await subject.dump()).toBe(before);
      expect(await subject.planner.entry(sync.name, "0")).toBeNull();
    },
  },
  {
    title: "two plans at once do not see each other's tables",
    run: async (subject) => {
      const [one, two] = [syncOn(subject), syncOn(subject)];
      const [first, second] = await Promise.all([one.run(model("a")), two.run(model("x", "y"))]);
      expect([first.rows.length, second.rows.length]).toEqual([1, 2]);
    },
  },
];
