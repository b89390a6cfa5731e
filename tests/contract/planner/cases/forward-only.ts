import { expect } from "vitest";
import { type Case, rowsSql, type Subject } from "../subject.ts";
import { type SyncSpec, sent, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", city: "text", note: "text" };
const model = (one: (string | null)[] = ["1", "a@x.example", "Oslo", "n1"], id = "bigint") =>
  rowsSql({ ...COLUMNS, id }, [one, ["2", "b@x.example", "Oslo", "n2"], ["3", "c@x.example", null, null]]);
const OLD = { id: {}, email: {} };
const NEW = { ...OLD, city: {}, source: { value: "warehouse" } };

/** A sync whose mapping gained two fields after a first run; nothing of them was sent yet. */
async function grown(subject: Subject, spec: SyncSpec = {}) {
  const before = syncOn(subject, { fields: OLD, forwardOnly: true, ...spec });
  await before.run(model());
  const of = { name: before.name, account: before.account, object: before.object };
  return { of, sync: syncOn(subject, { ...spec, ...of, fields: NEW, forwardOnly: true }) };
}

export const forwardOnly: readonly Case[] = [
  {
    title: "a new field is not backfilled; a row that changes otherwise carries it, and so does the row itself (S23)",
    run: async (subject) => {
      const { sync } = await grown(subject);
      const first = await sync.run(model(["1", "z@x.example", "Oslo", "n1"]));
      expect(sent(first)).toEqual({ 1: { email: "z@x.example", city: "Oslo", source: "warehouse" } });
      expect(first.facts.counts).toMatchObject({ changed: 1, unchanged: 2 });
      expect(first.guards.changed).toBe(1);
      expect((await sync.plan(model(["1", "z@x.example", "Oslo", "n1"]))).rows).toEqual([]);
      const moved = rowsSql(COLUMNS, [
        ["1", "z@x.example", "Oslo", "n1"],
        ["2", "b@x.example", "Bergen", "n2"],
        ["3", "c@x.example", null, null],
      ]);
      expect(sent(await sync.run(moved))).toEqual({ 2: { city: "Bergen", source: "warehouse" } });
    },
  },
  {
    title: "a row that is new carries every field",
    run: async (subject) => {
      const { sync } = await grown(subject);
      const more = `${model()} union all select 4, 'd@x.example', 'Oslo', 'n4'`;
      expect(sent(await sync.run(more))).toEqual({
        4: { id: "4", email: "d@x.example", city: "Oslo", source: "warehouse" },
      });
    },
  },
  {
    title: "a later field, or another hash, backfills nothing either",
    run: async (subject) => {
      const { of, sync } = await grown(subject);
      await sync.run(model());
      const later = syncOn(subject, { ...of, fields: { ...NEW, note: {} }, forwardOnly: true });
      expect((await later.run(model())).rows).toEqual([]);
      // The key's column is of another width: all hashes say nothing, and rows are compared by value.
      expect((await later.run(model(undefined, "integer"))).rows).toEqual([]);
      const changed = await later.run(model(["1", "z@x.example", "Oslo", "n1"], "integer"));
      expect(sent(changed)).toEqual({ 1: { email: "z@x.example", city: "Oslo", source: "warehouse", note: "n1" } });
      // What was acknowledged once is compared as ever, also where every row is.
      const wider = await later.run(model(["1", "z@x.example", "Bergen", "n1"], "smallint"));
      expect(sent(wider)).toEqual({ 1: { city: "Bergen" } });
    },
  },
  {
    title: "turned back to backfill it still resends nothing by itself; a resync sends all",
    run: async (subject) => {
      const { of, sync } = await grown(subject);
      await sync.run(model());
      const back = syncOn(subject, { ...of, fields: NEW });
      expect((await back.run(model(undefined, "integer"))).rows).toEqual([]);
      const again = await back.run(model(undefined, "integer"), { resend: true });
      expect(sent(again)).toEqual({
        1: { id: "1", email: "a@x.example", city: "Oslo", source: "warehouse" },
        2: { id: "2", email: "b@x.example", city: "Oslo", source: "warehouse" },
        3: { id: "3", email: "c@x.example", source: "warehouse" },
      });
    },
  },
  {
    title: "a change that was held keeps its fields new, and a row whose write was refused carries them later",
    run: async (subject) => {
      const { sync } = await grown(subject);
      const rows = model(["1", "z@x.example", "Oslo", "n1"]);
      await sync.plan(rows, { commit: false });
      expect(sent(await sync.plan(rows))).toEqual({
        1: { email: "z@x.example", city: "Oslo", source: "warehouse" },
      });
      expect(sent(await sync.run(rows))).toEqual({
        1: { email: "z@x.example", city: "Oslo", source: "warehouse" },
      });
    },
  },
  {
    title: "what an unanswered write may have left travels whatever the mapping",
    run: async (subject) => {
      const { sync } = await grown(subject);
      const rows = model(["1", "z@x.example", "Oslo", "n1"]);
      const planned = await sync.plan(rows);
      await sync.doubt(planned, [{ fromSeq: 0, toSeq: 0 }]);
      expect(sent(await sync.run(model()))).toEqual({
        1: { email: "a@x.example", city: "Oslo", source: "warehouse" },
      });
    },
  },
  {
    title: "without it a new field goes to every row that has a value (S23)",
    run: async (subject) => {
      const { of } = await grown(subject);
      const backfilled = await syncOn(subject, { ...of, fields: { ...OLD, city: {} } }).run(model());
      expect(sent(backfilled)).toEqual({ 1: { city: "Oslo" }, 2: { city: "Oslo" } });
    },
  },
  {
    title: "a record that was linked and never written gets all its fields",
    run: async (subject) => {
      const { of, sync } = await grown(subject);
      await subject.planner.forget(of.name, 1);
      const find = ({ key }: { key: string }) => ({ entry: 0, remoteId: `9${key}`, present: {} });
      expect(sent(await sync.plan(model(), { find }))).toHaveProperty("1", {
        id: "1",
        email: "a@x.example",
        city: "Oslo",
        source: "warehouse",
      });
    },
  },
];
