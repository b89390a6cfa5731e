import { expect } from "vitest";
import type { PlanRow } from "../../../../src/contract/plan.ts";
import { type Case, rowsSql } from "../subject.ts";
import { syncOn, took } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text" };
const MATCH = [{ email: "email" }];
const one = (id: string) =>
  rowsSql(COLUMNS, [
    [id, "a@x.example"],
    ["9", "other@x.example"],
  ]);

export const movedRecords: readonly Case[] = [
  {
    title: "a row that comes under another key with the same e-mail takes its record along, origin and all (S10)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH, onRemoved: { kind: "archive" } });
      await sync.run(one("1"), { find: () => null });
      const planned = await sync.run(one("2"), { find: () => ({ entry: 0, remoteId: "R-1", present: {} }) });
      expect(
        planned.rows.map((row) => [row.key, row.change, row.operation, row.remoteId, row.origin, row.settled]),
      ).toEqual([
        ["2", "added", "upsert", "R-1", "created", null],
        ["1", "removed", "archive", "R-1", "created", "transferred"],
      ]);
      expect(planned.facts).toMatchObject({ transferred: 1, removals: 0 });
      expect(planned.guards.removals).toBe(0);
      expect(await sync.entry("1")).toBeNull();
      expect(await sync.entry("2")).toMatchObject({ remoteId: "R-1", origin: "created" });
      const gone = await sync.run(rowsSql(COLUMNS, [["9", "other@x.example"]]));
      expect(gone.rows.map((row) => [row.operation, row.key, row.remoteId])).toEqual([["archive", "2", "R-1"]]);
    },
  },
  {
    title: "its former row lets go of it at once, though the run ends before it comes to the removals (S10)",
    run: async (subject) => {
      const takenAlong = async (isAnswered: boolean) => {
        const sync = syncOn(subject, { match: MATCH, onRemoved: { kind: "archive" } });
        await sync.run(one("1"), { find: () => null });
        const planned = await sync.plan(one("2"), { find: () => ({ entry: 0, remoteId: "R-1", present: {} }) });
        const [first] = planned.rows;
        expect(first).toMatchObject({ key: "2", seq: 0, remoteId: "R-1" });
        if (isAnswered) await sync.accept(planned, [took(first as PlanRow)]);
        else await sync.doubt(planned, [{ fromSeq: 0, toSeq: 0 }]);
        expect(await sync.entry("2")).toMatchObject({ remoteId: "R-1", isInDoubt: !isAnswered });
        expect(await sync.entry("1")).toBeNull();
      };
      await takenAlong(true);
      await takenAlong(false);
    },
  },
  {
    title: "the record moves also where nothing is done about removals, and its former row does not take it back",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH });
      await sync.run(one("1"), { find: () => null });
      await sync.run(one("2"), { find: () => ({ entry: 0, remoteId: "R-1", present: {} }) });
      expect(await sync.entry("2")).toMatchObject({ remoteId: "R-1", origin: "created" });
      const owners = await subject.planner.owners(sync.account, "contacts", ["R-1"]);
      expect(owners.map((owner) => owner.key)).toEqual(["2"]);
      const both = rowsSql(COLUMNS, [
        ["1", "back@x.example"],
        ["2", "a@x.example"],
        ["9", "other@x.example"],
      ]);
      const returned = await sync.plan(both, { find: () => null });
      expect(
        returned.rows.filter((row) => row.remoteId === "R-1"),
        "two rows never write to one record",
      ).toEqual([]);
    },
  },
  {
    title: "a row that comes back takes its record up again, though a newcomer finds it by a later entry (S7)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: [{ id: "id" }, { email: "email" }] });
      await sync.run(one("1"), { find: () => null });
      await sync.run(rowsSql(COLUMNS, [["9", "other@x.example"]]));
      const both = rowsSql(COLUMNS, [
        ["1", "a@x.example"],
        ["2", "b@x.example"],
        ["9", "other@x.example"],
      ]);
      const planned = await sync.plan(both, { find: () => ({ entry: 0, remoteId: "R-1", present: {} }) });
      expect(planned.rows.filter((row) => row.remoteId === "R-1" && row.key !== "1")).toEqual([]);
      expect(planned.facts.invalidGroups).toMatchObject([{ code: "DUPLICATE_MATCH_KEY", example: "2" }]);
    },
  },
  {
    title: "a record that another sync holds is not removed (S10)",
    run: async (subject) => {
      const account = "two_writers";
      const crm = syncOn(subject, { account, match: MATCH, onRemoved: { kind: "archive" } });
      const other = syncOn(subject, { account, match: MATCH });
      await crm.run(one("1"));
      await other.run(one("1"), { find: ({ key }) => ({ entry: 0, remoteId: `R-${key}`, present: {} }) });
      const planned = await crm.run(rowsSql(COLUMNS, [["9", "other@x.example"]]));
      expect(planned.rows).toMatchObject([{ key: "1", settled: "transferred", operation: "archive" }]);
    },
  },
  {
    title: "a row whose record another sync kept goes on with it when it returns, whatever its values are then (S10)",
    run: async (subject) => {
      const account = "kept_by_another";
      const crm = syncOn(subject, { account, match: MATCH, onRemoved: { kind: "archive" } });
      const events = syncOn(subject, { account, match: MATCH, write: "insert", onRemoved: { kind: "archive" } });
      const other = syncOn(subject, { account, match: MATCH });
      await crm.run(one("1"));
      await events.run(one("1"), { find: () => null });
      await other.run(one("1"), { find: ({ key }) => ({ entry: 0, remoteId: `R-${key}`, present: {} }) });
      const rest = rowsSql(COLUMNS, [["9", "other@x.example"]]);
      for (const sync of [crm, events]) {
        await sync.run(rest);
        expect(await sync.entry("1")).toMatchObject({ remoteId: "R-1", origin: "created" });
        expect((await sync.entry("1"))?.absentSince).not.toBeNull();
        expect((await sync.plan(rest)).rows, "nothing is said twice").toEqual([]);
      }
      const back = rowsSql(COLUMNS, [
        ["1", "new@x.example"],
        ["9", "other@x.example"],
      ]);
      const returned = await crm.run(back, { find: () => null });
      expect(returned.rows).toMatchObject([{ key: "1", remoteId: "R-1", fields: { email: "new@x.example" } }]);
      expect((await events.run(back, { find: () => null })).rows, "an insert writes a record once").toEqual([]);
      expect(await events.entry("1")).toMatchObject({ remoteId: "R-1", absentSince: null });
    },
  },
  {
    title: "a row whose record people merged into another row's lets go of it, and is not planned again (S6, S10)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH, onRemoved: { kind: "archive" } });
      await sync.run(one("1"));
      const rest = rowsSql(COLUMNS, [["9", "other@x.example"]]);
      const planned = await sync.plan(rest);
      const gone = planned.rows[0] as PlanRow;
      expect(gone).toMatchObject({ key: "1", remoteId: "R-1", settled: null });
      await sync.accept(planned, [{ ...took(gone), state: "transferred", remoteId: "R-9", created: null }]);
      expect(await sync.entry("1")).toBeNull();
      expect((await sync.plan(rest)).rows).toEqual([]);
    },
  },
  {
    title: "where another sync has what it was merged into, the row remembers that, and did not make it",
    run: async (subject) => {
      const account = "merged_elsewhere";
      const sync = syncOn(subject, { account, match: MATCH, onRemoved: { kind: "archive" } });
      const other = syncOn(subject, { account, match: MATCH });
      await sync.run(one("1"));
      await other.run(one("1"), { find: ({ key }) => ({ entry: 0, remoteId: `M-${key}`, present: {} }) });
      const planned = await sync.plan(rowsSql(COLUMNS, [["9", "other@x.example"]]));
      const gone = planned.rows[0] as PlanRow;
      await sync.accept(planned, [{ ...took(gone), state: "transferred", remoteId: "M-1", created: null }]);
      expect(await sync.entry("1")).toMatchObject({ remoteId: "M-1", origin: "unknown" });
      expect((await sync.entry("1"))?.absentSince).not.toBeNull();
    },
  },
  {
    title:
      "a row that left and returns while nobody knows whether another sync removed its record names that record (S10)",
    run: async (subject) => {
      const account = "perhaps_removed_elsewhere";
      const other = syncOn(subject, { account, match: MATCH });
      const strict = syncOn(subject, { account, match: MATCH, onRemovedAdopted: { kind: "archive" } });
      const [both, rest] = [
        rowsSql(COLUMNS, [
          ["1", "who@x.example"],
          ["9", "other@x.example"],
        ]),
        rowsSql(COLUMNS, [["9", "other@x.example"]]),
      ];
      const held = ({ key }: { key: string }) => ({ entry: 0, remoteId: `R-${key}`, present: {} });
      await other.run(both);
      await strict.run(both, { find: held });
      await other.run(rest);
      const removing = await strict.plan(rest);
      expect(removing.rows).toMatchObject([{ key: "1", operation: "archive", settled: null }]);
      await strict.doubt(removing, [{ fromSeq: 0, toSeq: 0 }]);
      await strict.doubt(removing, [{ fromSeq: 0, toSeq: 0 }]);
      expect(await other.entry("1")).toMatchObject({ remoteId: "R-1", isInDoubt: true });
      expect(await other.entry("9")).toMatchObject({ isInDoubt: false });
      const there = await other.plan(both, { find: held, commit: false });
      expect(there.unlinked).toMatchObject([{ key: "1", formerId: "R-1" }]);
      expect(there.rows, "it is there, as it was").toEqual([]);
      const gone = await other.run(both, { find: () => null });
      expect(gone.rows).toMatchObject([{ key: "1", remoteId: null, fields: { email: "who@x.example" } }]);
      expect(await other.entry("1")).toMatchObject({ isInDoubt: false, absentSince: null });
    },
  },
  {
    title: "a row that left and returns after another sync removed its record starts anew (S12)",
    run: async (subject) => {
      const account = "removed_elsewhere";
      const gentle = syncOn(subject, {
        account,
        match: MATCH,
        onRemoved: { kind: "set", fields: { email: "gone@x.example" } },
      });
      const strict = syncOn(subject, { account, match: MATCH, onRemovedAdopted: { kind: "archive" } });
      const rest = rowsSql(COLUMNS, [["9", "other@x.example"]]);
      await gentle.run(one("1"));
      await strict.run(one("1"), { find: ({ key }) => ({ entry: 0, remoteId: `R-${key}`, present: {} }) });
      await gentle.run(rest);
      expect((await gentle.entry("1"))?.absentSince).not.toBeNull();
      expect((await strict.run(rest)).rows).toMatchObject([{ key: "1", operation: "archive", settled: null }]);
      expect(await gentle.entry("1")).toBeNull();
      expect((await gentle.plan(one("1"), { find: () => null })).rows).toMatchObject([
        { key: "1", change: "added", remoteId: null },
      ]);
    },
  },
  {
    title: "a row that came to another record did not make that one, though it had made its former one (S9)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH, onRemoved: { kind: "archive" }, onMissingRecord: "rematch" });
      await sync.run(one("1"), { find: () => null });
      const changed = rowsSql(COLUMNS, [
        ["1", "new@x.example"],
        ["9", "other@x.example"],
      ]);
      const planned = await sync.plan(changed);
      await sync.accept(planned, [{ ...took(planned.rows[0] as PlanRow), remoteId: "TYPED", created: false }]);
      expect(await sync.entry("1")).toMatchObject({ remoteId: "TYPED", origin: "adopted" });
      const gone = await sync.plan(rowsSql(COLUMNS, [["9", "other@x.example"]]));
      expect(gone.rows).toMatchObject([{ key: "1", settled: "skipped", reason: "the record was there before us" }]);
    },
  },
  {
    title: "a record that another living row of the same sync holds is not removed (S10)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH, onRemoved: { kind: "archive" } });
      const both = rowsSql(COLUMNS, [
        ["1", "a@x.example"],
        ["2", "b@x.example"],
      ]);
      const planned = await sync.plan(both);
      await sync.accept(
        planned,
        planned.rows.map((row) => ({ ...took(row), remoteId: "SAME" })),
      );
      const gone = await sync.plan(rowsSql(COLUMNS, [["2", "b@x.example"]]));
      expect(gone.rows).toMatchObject([{ key: "1", settled: "transferred" }]);
    },
  },
  {
    title: "swapped e-mails of two linked rows are two changes by id and no new record (S6)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH });
      await sync.run(
        rowsSql(COLUMNS, [
          ["1", "a@x.example"],
          ["2", "b@x.example"],
        ]),
      );
      const planned = await sync.run(
        rowsSql(COLUMNS, [
          ["1", "b@x.example"],
          ["2", "a@x.example"],
        ]),
      );
      expect(planned.rows.map((row) => [row.remoteId, row.fields])).toEqual(
        [
          ["R-1", { email: "b@x.example" }],
          ["R-2", { email: "a@x.example" }],
        ].map(([id, fields]) => [id, fields]),
      );
    },
  },
];
