import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { sent, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", amount: "decimal(20,2)", note: "text" };
const FIELDS = { id: {}, email: {}, amount: { type: "number" } } as const;
const ROWS = [
  ["1", "a@x.example", "1.50", "n"],
  ["2", "b@x.example", "9007199254740993.10", null],
  ["3", "c@x.example", null, "n"],
];
const model = (rows: readonly (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);

export const onlyChanges: readonly Case[] = [
  {
    title: "the first plan adds every row with all it has, the second finds nothing (S3)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS });
      const first = await sync.run(model(ROWS));
      expect(first.facts.counts).toEqual({
        read: 3,
        invalid: 0,
        unchanged: 0,
        waiting: 0,
        added: 3,
        changed: 0,
        removed: 0,
      });
      expect(first.facts.creates).toBe(3);
      expect(sent(first)).toEqual({
        1: { id: "1", email: "a@x.example", amount: "1.50" },
        2: { id: "2", email: "b@x.example", amount: "9007199254740993.10" },
        3: { id: "3", email: "c@x.example" },
      });
      const second = await sync.run(model(ROWS));
      expect(second.rows).toEqual([]);
      expect(second.facts.counts).toMatchObject({ read: 3, unchanged: 3, added: 0, changed: 0, removed: 0 });
      expect(second.facts.snapshotRows).toBe(3);
    },
  },
  {
    title: "one changed column is one write by id with that field only, old beside new (S6, S14)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS });
      await sync.run(model(ROWS));
      const planned = await sync.run(model([...ROWS.slice(0, 2), ["3", "new@x.example", null, "n"]]));
      expect(planned.rows).toHaveLength(1);
      expect(planned.rows[0]).toMatchObject({
        operation: "upsert",
        change: "changed",
        key: "3",
        remoteId: "R-3",
        origin: "created",
        fields: { email: "new@x.example" },
        before: { email: "c@x.example" },
        payload: { id: "3", email: "new@x.example", amount: null },
        isKnown: true,
        adopted: false,
        settled: null,
      });
      expect((await sync.entry("3"))?.payload).toEqual({ id: "3", email: "new@x.example" });
    },
  },
  {
    title: "an unmapped column makes no change (S3)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS });
      await sync.run(model(ROWS));
      const planned = await sync.plan(model(ROWS.map(([id, email, amount]) => [id, email, amount, "other"] as never)));
      expect(planned.rows).toEqual([]);
    },
  },
  {
    title: "fields that travel together are sent together when one of them changes (S14)",
    run: async (subject) => {
      const columns = { id: "bigint", country: "text", state: "text", city: "text" };
      const sync = syncOn(subject, { sendTogether: [["country", "state"]] });
      await sync.run(rowsSql(columns, [["1", "US", "NY", "NYC"]]));
      const state = await sync.run(rowsSql(columns, [["1", "US", "CA", "NYC"]]));
      expect(state.rows[0]?.fields).toEqual({ country: "US", state: "CA" });
      expect(state.rows[0]?.before).toEqual({ country: "US", state: "NY" });
      const city = await sync.run(rowsSql(columns, [["1", "US", "CA", "LA"]]));
      expect(city.rows[0]?.fields).toEqual({ city: "LA" });
    },
  },
  {
    title: "set-valued fields do not care for order, in a list or in a text (S3)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, tags: { type: "set" }, words: { type: "set" } } });
      const columns = { id: "bigint", tags: "varchar[]", words: "text" };
      const first = await sync.run(rowsSql(columns, [["1", "[b, a]", "y; x"]]));
      expect(first.rows[0]?.fields).toMatchObject({ tags: '["a","b"]', words: '["x","y"]' });
      const turned = await sync.run(rowsSql(columns, [["1", "[a, b, a]", "x;y;x"]]));
      expect(turned.rows).toEqual([]);
      const more = await sync.run(rowsSql(columns, [["1", "[a, c]", "x;y"]]));
      expect(sent(more)).toEqual({ 1: { tags: '["a","c"]' } });
    },
  },
  {
    title: "what the destination kept instead is what counts from then on (S4, S15)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const columns = { id: "bigint", stage: "text" };
      const first = await sync.plan(rowsSql(columns, [["1", "lead"]]));
      const kept = { seq: 0, state: "altered", remoteId: "77", created: true, kept: { stage: "customer" } } as const;
      await sync.accept(first, [kept]);
      expect(await sync.entry("1")).toMatchObject({ remoteId: "77", payload: { id: "1", stage: "customer" } });
      expect((await sync.plan(rowsSql(columns, [["1", "lead"]]))).rows).toEqual([]);
      const agreed = await sync.plan(rowsSql(columns, [["1", "customer"]]));
      expect(agreed.rows).toEqual([]);
    },
  },
  {
    title: "a sample shows rows of every kind",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" }, fields: FIELDS });
      await sync.run(model(ROWS));
      const planned = await sync.plan(
        model([
          ["1", "z@x.example", "1.50", "n"],
          ["9", "n@x.example", "1", "n"],
        ] as never),
      );
      expect(planned.sample.map((row) => `${row.change} ${row.key}`).sort()).toEqual([
        "added 9",
        "changed 1",
        "removed 2",
        "removed 3",
      ]);
    },
  },
];
