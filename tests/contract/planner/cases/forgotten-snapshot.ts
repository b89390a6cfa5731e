import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { sent, syncOn, took } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text" };
const MATCH = [{ id: "id" }, { email: "email" }];
const model = rowsSql(COLUMNS, [
  ["1", "a@x.example"],
  ["2", "b@x.example"],
  ["3", "c@x.example"],
]);

export const forgottenSnapshot: readonly Case[] = [
  {
    title: "a forgotten snapshot makes the next plan a first one: every row is looked for and nothing is removed (S24)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH, onRemoved: { kind: "archive" } });
      await sync.run(model, { find: () => null });
      await subject.planner.forget(sync.name, 1);
      expect(await subject.planner.tally(sync.name)).toBe(null);
      expect((await subject.planner.metas()).map((meta) => meta.sync)).not.toContain(sync.name);
      const rows = rowsSql(COLUMNS, [["1", "a@x.example"]]);
      const find = ({ key }: { key: string }) => ({ entry: 1, remoteId: `R-${key}`, present: {} });
      const first = await sync.run(rows, { find });
      expect(first.unlinked.map((row) => row.key)).toEqual(["1"]);
      expect(first.facts).toMatchObject({ creates: 0, adopts: 1, removals: 0, snapshotRows: 0 });
      expect(await sync.entry("1")).toMatchObject({ remoteId: "R-1", origin: "adopted" });
    },
  },
  {
    title: "forgetting one sync leaves the others' snapshots as they are, also one that is made after it",
    run: async (subject) => {
      const stays = syncOn(subject);
      const goes = syncOn(subject);
      await stays.run(model);
      await goes.run(model);
      await subject.planner.forget(goes.name, 1);
      const next = syncOn(subject);
      await next.run(rowsSql(COLUMNS, [["9", "z@x.example"]]));
      expect((await stays.plan(model)).rows).toEqual([]);
      expect(sent(await goes.plan(model))).toHaveProperty("3");
      expect(await subject.planner.tally(next.name)).toMatchObject({ rows: 1, created: 1 });
    },
  },
  {
    title: "a worker whose lease another took forgets nothing, nor does it write into what was forgotten since (S26)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const old = await sync.plan(model, { epoch: 3 });
      await expect(subject.planner.forget(sync.name, 2)).rejects.toMatchObject({ code: "LEASE_LOST" });
      await subject.planner.forget(sync.name, 4);
      await expect(sync.accept(old, old.rows.map(took), 3)).rejects.toMatchObject({ code: "STATE_MISMATCH" });
      await subject.planner.forget(sync.name, 4);
      await sync.plan(model, { epoch: 5 });
      await expect(sync.accept(old, old.rows.map(took), 3)).rejects.toMatchObject({ code: "LEASE_LOST" });
    },
  },
  {
    title: "a tally tells records by their origin, rows without one, and rows that left",
    run: async (subject) => {
      const sync = syncOn(subject, { write: "update", match: MATCH });
      const find = ({ key }: { key: string }) => (key === "3" ? null : { entry: 0, remoteId: `R-${key}`, present: {} });
      await sync.run(model, { find });
      await sync.plan(
        rowsSql(COLUMNS, [
          ["3", "c@x.example"],
          ["1", "a@x.example"],
        ] as never),
        { find },
      );
      expect(await subject.planner.tally(sync.name)).toEqual({
        rows: 3,
        created: 0,
        adopted: 2,
        unknown: 0,
        withoutRecord: 1,
        absent: 1,
      });
    },
  },
];
