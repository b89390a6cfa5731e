import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { invalid, sent, syncOn, took } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", name: "text", phone: "text" };
const MATCH = [{ id: "id" }, { email: "email" }];
const FOUND = { entry: 1, remoteId: "501", present: { email: "a@x.example", name: "Typed", phone: "+49", id: null } };
const model = rowsSql(COLUMNS, [
  ["1", "A@x.example ", "Ours", null],
  ["2", "b@x.example", "New", "1"],
]);

export const adoptedRows: readonly Case[] = [
  {
    title: "a found record is adopted: written by id, present values beside, nulls never wipe (S7, S13)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH });
      const planned = await sync.run(model, { find: (row) => (row.key === "1" ? FOUND : null) });
      expect(planned.facts).toMatchObject({ adopts: 1, creates: 1, writesById: 1 });
      const [adopted, created] = planned.rows;
      expect(adopted).toMatchObject({
        key: "1",
        change: "added",
        remoteId: "501",
        origin: "adopted",
        adopted: true,
        fields: { id: "1", email: "A@x.example ", name: "Ours" },
        before: { email: "a@x.example", name: "Typed", id: null },
      });
      expect(created).toMatchObject({ key: "2", remoteId: null, origin: null, adopted: false });
      expect(await sync.entry("1")).toMatchObject({ remoteId: "501", origin: "adopted" });
      expect(await sync.entry("2")).toMatchObject({ remoteId: "R-2", origin: "created" });
      expect((await sync.run(model)).rows).toEqual([]);
    },
  },
  {
    title: "match values are looked for in the destination's form, entry by entry (S7)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH, matchForm: "lower" });
      const planned = await sync.plan(
        rowsSql(COLUMNS, [
          ["1", " A@X.example", null, null],
          ["2", null, null, null],
        ]),
      );
      expect(planned.unlinked).toEqual([
        { key: "1", match: [{ id: "1" }, { email: "a@x.example" }] },
        { key: "2", match: [{ id: "2" }, null] },
      ]);
      expect(planned.rows.map((row) => row.match)).toEqual(planned.unlinked.map((row) => row.match));
    },
  },
  {
    title: "a row with several records is invalid with the reason that linking gave (S7)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH });
      const unlinkable = [{ key: "1", code: "AMBIGUOUS_MATCH", message: "2 records have this email: 7, 8" }];
      const planned = await sync.run(model, { find: () => null, unlinkable });
      expect(planned.rows.map((row) => row.key)).toEqual(["2"]);
      expect(planned.facts.invalidGroups).toMatchObject([
        { code: "AMBIGUOUS_MATCH", count: 1, example: "1", message: "2 records have this email: 7, 8" },
      ]);
    },
  },
  {
    title:
      "an upsert without a record and without a value for the first entry is invalid once everything was looked for",
    run: async (subject) => {
      const columns = { id: "bigint", ext: "text", email: "text" };
      const sync = syncOn(subject, { match: [{ ext: "ext" }, { email: "email" }] });
      const rows = rowsSql(columns, [
        ["1", null, "a@x"],
        ["2", null, "b@x"],
        ["3", "E3", "c@x"],
      ]);
      const find = (row: { key: string }) => (row.key === "1" ? { entry: 1, remoteId: "9", present: {} } : null);
      const planned = await sync.run(rows, { find });
      expect(invalid(planned)).toEqual([["NO_MATCH_VALUE", null, 1]]);
      expect(planned.rows.map((row) => [row.key, row.remoteId])).toEqual([
        ["1", "9"],
        ["3", null],
      ]);
      // Made without it, nobody could say after a lost answer whether the record is there.
      const inserted = syncOn(subject, { write: "insert", match: [{ ext: "ext" }, { email: "email" }] });
      const again = await inserted.run(rows, { find });
      expect(invalid(again)).toEqual([["NO_MATCH_VALUE", null, 1]]);
      expect(again.rows.map((row) => [row.key, row.settled])).toEqual([
        ["3", null],
        ["1", "skipped"],
      ]);
    },
  },
  {
    title: "a record that a living row holds is not taken by another (S7, S16)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH });
      await sync.run(rowsSql(COLUMNS, [["1", "a@x.example", "n", null]]), { find: () => null });
      const both = rowsSql(COLUMNS, [
        ["1", "a@x.example", "n2", null],
        ["2", "a@x.example", "m", null],
      ]);
      const planned = await sync.run(both, { find: () => ({ entry: 1, remoteId: "R-1", present: {} }) });
      expect(sent(planned)).toEqual({ 1: { name: "n2" } });
      expect(invalid(planned)).toEqual([["DUPLICATE_MATCH_KEY", "email", 1]]);
    },
  },
  {
    title: "a value that its holder gives up in this plan makes a record of its own, after the holder's update",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH });
      await sync.run(rowsSql(COLUMNS, [["1", "a@x.example", "n", null]]), { find: () => null });
      const both = rowsSql(COLUMNS, [
        ["1", "a2@x.example", "n", null],
        ["2", "a@x.example", "m", null],
      ]);
      const planned = await sync.run(both, { find: () => ({ entry: 1, remoteId: "R-1", present: {} }) });
      expect(invalid(planned)).toEqual([]);
      expect(planned.rows.map((row) => [row.seq, row.key, row.remoteId])).toEqual([
        [0, "1", "R-1"],
        [1, "2", null],
      ]);
    },
  },
  {
    title: "of two newcomers that find one record the better entry wins; of equals none does (S7)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: MATCH });
      const find = (row: { key: string }) => ({ entry: row.key === "1" ? 0 : 1, remoteId: "5", present: {} });
      const better = await sync.plan(model, { find });
      expect(better.rows.map((row) => row.key)).toEqual(["1"]);
      expect(invalid(better)).toEqual([["DUPLICATE_MATCH_KEY", null, 1]]);
      const equals = await sync.plan(model, { find: () => ({ entry: 1, remoteId: "5", present: {} }) });
      expect(equals.rows).toEqual([]);
      expect(invalid(equals)).toEqual([["DUPLICATE_MATCH_KEY", null, 2]]);
    },
  },
  {
    title: "origin follows the vendor's word: created, adopted, or unknown where it does not say (S9)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {} } });
      const planned = await sync.plan(rowsSql({ id: "bigint" }, [["1"], ["2"], ["3"]]));
      const words = [true, false, null];
      await sync.accept(
        planned,
        planned.rows.map((row, index) => ({ ...took(row), created: words[index] ?? null })),
      );
      const origins = await Promise.all(["1", "2", "3"].map(async (key) => (await sync.entry(key))?.origin));
      expect(origins).toEqual(["created", "adopted", "unknown"]);
    },
  },
  {
    title: "a changed match value of a linked row is an ordinary change by id (S6)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: [{ email: "email" }] });
      await sync.run(rowsSql(COLUMNS, [["1", "a@x.example", "n", null]]));
      const planned = await sync.run(rowsSql(COLUMNS, [["1", "z@x.example", "n", null]]));
      expect(planned.facts).toMatchObject({ creates: 0, writesById: 1 });
      expect(planned.rows[0]).toMatchObject({ remoteId: "R-1", fields: { email: "z@x.example" } });
      expect(planned.unlinked).toEqual([]);
    },
  },
  {
    title:
      "to which records a plan's living rows go, and whose rows leave, is known before anything of it is accepted (S10)",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      const rows = (...ids: string[]) =>
        rowsSql(
          COLUMNS,
          ids.map((id) => [id, `${id}@x.example`, "n", null]),
        );
      await sync.run(rows("1"));
      const find = ({ key }: { key: string }) => (key === "2" ? { entry: 0, remoteId: "it's", present: {} } : null);
      const planned = await sync.plan(rows("2", "3"), { find });
      expect(planned.rows.map(({ change }) => change)).toContain("removed");
      const { path } = planned.file;
      expect(await subject.planner.aims(path, ["R-1", "it's", "R-2"]), "not the record that goes").toEqual(["it's"]);
      expect(await subject.planner.aims(path, [])).toEqual([]);
      expect(await subject.planner.leaving(path, ["R-1", "it's", "R-2"])).toEqual(new Map([["R-1", "1"]]));
      expect(await subject.planner.leaving(path, [])).toEqual(new Map());
      const moves = await sync.plan(rows("4"), { find: () => ({ entry: 0, remoteId: "R-1", present: {} }) });
      expect(moves.rows, "it is taken along by the plan itself").toMatchObject([
        { key: "4", remoteId: "R-1" },
        { key: "1", change: "removed" },
      ]);
      expect(await subject.planner.leaving(moves.file.path, ["R-1"])).toEqual(new Map());
    },
  },
  {
    title: "who holds which record is known across syncs of one account and object (S10)",
    run: async (subject) => {
      const one = syncOn(subject, { account: "shared", fields: { id: {} } });
      const two = syncOn(subject, { account: "shared", fields: { id: {} } });
      const elsewhere = syncOn(subject, { account: "shared", object: "deals", fields: { id: {} } });
      for (const sync of [one, two, elsewhere]) await sync.run(rowsSql({ id: "bigint" }, [["1"], ["2"]]));
      const owners = await subject.planner.owners("shared", "contacts", ["R-1", "it's"]);
      expect(owners).toEqual([
        { remoteId: "R-1", sync: one.name, key: "1" },
        { remoteId: "R-1", sync: two.name, key: "1" },
      ]);
      expect(await subject.planner.owners("other", "contacts", ["R-1"])).toEqual([]);
      expect(await subject.planner.owners("shared", "contacts", [])).toEqual([]);
    },
  },
];
