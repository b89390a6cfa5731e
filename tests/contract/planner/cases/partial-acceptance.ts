import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { syncOn, took } from "../sync.ts";

const COLUMNS = { id: "bigint", name: "text", note: "text" };
const model = (...rows: (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);

export const partialAcceptance: readonly Case[] = [
  {
    title: "only acknowledged rows move, each for itself; the others are found again (S4)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const rows = model(["1", "a", null], ["2", "b", null], ["3", "c", null]);
      const planned = await sync.plan(rows);
      await sync.accept(planned, planned.rows.filter((row) => row.key === "2").map(took));
      expect(await sync.entry("1")).toBeNull();
      expect((await sync.plan(rows)).rows.map((row) => row.key)).toEqual(["1", "3"]);
    },
  },
  {
    title: "accepting twice changes nothing in the whole planner: new rows, kept values, skips, removals (S4)",
    run: async (subject) => {
      const sync = syncOn(subject, {
        onRemoved: { kind: "set", fields: { note: "gone" } },
        fields: { id: {}, name: {}, note: { onNull: "write" } },
      });
      const first = await sync.plan(model(["1", "a", null], ["2", "b", "n"], ["3", "c", "n"]));
      const kept = first.rows.map((row) =>
        row.key === "2" ? { ...took(row), state: "altered" as const, kept: { name: "B", note: null } } : took(row),
      );
      await sync.accept(first, kept);
      const once = await subject.dump();
      await sync.accept(first, kept);
      expect(await subject.dump(), "new rows").toBe(once);
      const second = await sync.plan(model(["1", "a2", "x"], ["2", "b", null], ["4", "d", null]));
      const answers = second.rows.map(took);
      await sync.accept(second, answers);
      const twice = await subject.dump();
      await sync.accept(second, answers.slice(0, 1));
      await sync.accept(second, answers);
      expect(await subject.dump(), "changes and removals").toBe(twice);
    },
  },
  {
    title: "accepting an archive twice, and after the row came back by itself, forgets it once",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(model(["1", "a", null], ["2", "b", null]));
      const planned = await sync.run(model(["2", "b", null]));
      const once = await subject.dump();
      await sync.accept(planned, planned.rows.map(took));
      expect(await subject.dump()).toBe(once);
    },
  },
  {
    title: "a record that was made anew holds nothing of what the former one was sent",
    run: async (subject) => {
      const sync = syncOn(subject, { onMissingRecord: "recreate" });
      await sync.run(model(["1", "a", "n"]));
      const planned = await sync.plan(model(["1", "b", "n"]));
      await sync.accept(planned, [{ seq: 0, state: "skipped", remoteId: null, created: null, kept: null }]);
      const anew = await sync.run(model(["1", "b", null]), { find: () => null });
      expect(anew.rows).toMatchObject([{ remoteId: null, settled: null, fields: { id: "1", name: "b" } }]);
      expect((await sync.entry("1"))?.payload).toEqual({ id: "1", name: "b" });
      expect((await sync.plan(model(["1", "b", "n"]))).rows).toMatchObject([{ fields: { note: "n" } }]);
    },
  },
  {
    title: "what is accepted is there after a restart, and the generation counts every acceptance",
    run: async (subject) => {
      const sync = syncOn(subject);
      const planned = await sync.plan(model(["1", "a", null]));
      const generation = await sync.accept(planned, planned.rows.map(took));
      expect(await sync.accept(planned, planned.rows.map(took))).toBe(generation + 1);
      await subject.restart();
      const [meta] = (await subject.planner.metas()).filter((candidate) => candidate.sync === sync.name);
      expect(meta).toMatchObject({
        generation: generation + 1,
        account: sync.account,
        object: "contacts",
        model: "people",
      });
      expect(await sync.entry("1")).toMatchObject({ remoteId: "R-1", acceptedRun: "run_1" });
    },
  },
  {
    title: "a snapshot follows its sync to another name, and two never become one",
    run: async (subject) => {
      const sync = syncOn(subject);
      await sync.run(model(["1", "a", null]));
      const name = `${sync.name}_renamed`;
      await subject.planner.rename(sync.name, name);
      expect(await sync.entry("1")).toBeNull();
      expect(await subject.planner.entry(name, "1")).toMatchObject({ remoteId: "R-1" });
      await sync.run(model(["1", "a", null]));
      await expect(subject.planner.rename(sync.name, name)).rejects.toMatchObject({ code: "STATE_MISMATCH" });
    },
  },
];
