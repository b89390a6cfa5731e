import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { HOUR_MS, NOW_MS, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text" };
const model = (...rows: (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);
const found = { entry: 0, remoteId: "55", present: {} };

export const insertAndUpdate: readonly Case[] = [
  {
    title:
      "update: a row without a record is skipped and remembered, and looked up again after 24 h or when it changes (S12)",
    run: async (subject) => {
      const sync = syncOn(subject, { write: "update" });
      const first = await sync.run(model(["1", "a@x"]), { find: () => null });
      expect(first.rows).toMatchObject([{ operation: "update", settled: "skipped", reason: "no record matches" }]);
      expect(first.facts.creates).toBe(0);
      expect(await sync.entry("1")).toMatchObject({ mark: "unmatched", remoteId: null });
      const acceptedAt = Date.parse((await sync.entry("1"))?.acceptedAt ?? "");
      const soon = await sync.run(model(["1", "a@x"]), { find: () => found, nowMs: acceptedAt + 23 * HOUR_MS });
      expect(soon.rows).toEqual([]);
      const changed = await sync.plan(model(["1", "b@x"]), { find: () => found, commit: false });
      expect(changed.rows).toMatchObject([{ remoteId: "55", settled: null }]);
      const later = await sync.run(model(["1", "a@x"]), { find: () => found, nowMs: acceptedAt + 25 * HOUR_MS });
      expect(later.rows).toMatchObject([
        { remoteId: "55", settled: null, origin: "adopted", fields: { email: "a@x" } },
      ]);
      expect(await sync.entry("1")).toMatchObject({ mark: null, remoteId: "55" });
    },
  },
  {
    title: "update: a linked row changes by id as ever",
    run: async (subject) => {
      const sync = syncOn(subject, { write: "update" });
      await sync.run(model(["1", "a@x"]), { find: () => found });
      const planned = await sync.run(model(["1", "b@x"]), { find: () => null });
      expect(planned.rows).toMatchObject([
        { operation: "update", remoteId: "55", fields: { email: "b@x" }, settled: null },
      ]);
    },
  },
  {
    title: "update: an unmatched row that leaves is forgotten without a removal",
    run: async (subject) => {
      const sync = syncOn(subject, { write: "update", onRemoved: { kind: "archive" } });
      await sync.run(model(["1", "a@x"]), { find: () => null });
      const gone = await sync.run(model(), {});
      expect(gone.rows).toEqual([]);
      expect(await sync.entry("1")).toBeNull();
    },
  },
  {
    title: "insert: what is there is skipped, what is new is created, and later changes are ignored (S12)",
    run: async (subject) => {
      const sync = syncOn(subject, { write: "insert" });
      const first = await sync.run(model(["1", "a@x"], ["2", "b@x"]), {
        find: (row) => (row.key === "1" ? found : null),
      });
      expect(first.rows.map((row) => [row.key, row.operation, row.settled])).toEqual([
        ["2", "insert", null],
        ["1", "insert", "skipped"],
      ]);
      expect(await sync.entry("1")).toMatchObject({ mark: "present", remoteId: null });
      const changed = await sync.run(model(["1", "z@x"], ["2", "y@x"], ["3", "c@x"]), {
        find: () => null,
        nowMs: NOW_MS + 99 * HOUR_MS,
      });
      expect(changed.rows.map((row) => row.key)).toEqual(["3"]);
      expect((await sync.run(model(["1", "z@x"], ["2", "y@x"], ["3", "c@x"]))).facts.counts.unchanged).toBe(3);
    },
  },
  {
    title: "upsert: a record that is gone from the destination is not made anew by a later plan, only found again (S6)",
    run: async (subject) => {
      const sync = syncOn(subject);
      await sync.run(model(["1", "a@x"]));
      const planned = await sync.plan(model(["1", "b@x"]));
      await sync.accept(planned, [{ seq: 0, state: "skipped", remoteId: null, created: null, kept: null }]);
      const never = await sync.run(model(["1", "c@x"]), { find: () => null });
      expect(never.facts.creates).toBe(0);
      expect(never.rows.filter((row) => row.settled === null)).toEqual([]);
      const again = await sync.run(model(["1", "d@x"]), { find: () => found });
      expect(again.rows).toMatchObject([{ remoteId: "55", settled: null, fields: { email: "d@x" } }]);
    },
  },
];
