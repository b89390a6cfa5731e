import { expect } from "vitest";
import type { Removal } from "../../../../src/contract/project.ts";
import { type Case, rowsSql, type Subject } from "../subject.ts";
import { inKeyOrder, NONE, type SyncSpec, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", name: "text" };
const ROWS = [
  ["1", "created@x", "n"],
  ["2", "adopted@x", "n"],
  ["3", "stays@x", "n"],
];
const LEFT = rowsSql(COLUMNS, ROWS.slice(2));
const CLEARED = { id: null, name: null };

/** Row 1 was created by us, row 2 adopted; both leave. */
async function leaving(subject: Subject, spec: SyncSpec) {
  const sync = syncOn(subject, { match: [{ email: "email" }], ...spec });
  await sync.run(rowsSql(COLUMNS, ROWS), {
    find: (row) => (row.key === "2" ? { entry: 0, remoteId: "77", present: {} } : null),
  });
  return { sync, planned: await sync.run(LEFT) };
}

type Trial = {
  readonly created: Removal;
  readonly adopted: Removal;
  readonly rows: readonly (readonly [key: string, operation: string, fields: unknown, settled: string | null])[];
};

const SET: Removal = { kind: "set", fields: { name: "churned" } };
const CLEAR: Removal = { kind: "clear" };
const ARCHIVE: Removal = { kind: "archive" };
const DELETE: Removal = { kind: "delete" };
const archived = (key: string) => [key, "archive", {}, null] as const;
const churned = (key: string) => [key, "set", { name: "churned" }, null] as const;
const cleared = (key: string) => [key, "clear", CLEARED, null] as const;
const TRIALS: readonly Trial[] = [
  { created: NONE, adopted: NONE, rows: [] },
  { created: ARCHIVE, adopted: NONE, rows: [archived("1"), ["2", "archive", {}, "skipped"]] },
  { created: ARCHIVE, adopted: ARCHIVE, rows: [archived("1"), archived("2")] },
  {
    created: DELETE,
    adopted: NONE,
    rows: [
      ["1", "delete", {}, null],
      ["2", "delete", {}, "skipped"],
    ],
  },
  { created: ARCHIVE, adopted: SET, rows: [archived("1"), churned("2")] },
  { created: SET, adopted: SET, rows: [churned("1"), churned("2")] },
  { created: CLEAR, adopted: CLEAR, rows: [cleared("1"), cleared("2")] },
  { created: CLEAR, adopted: NONE, rows: [cleared("1"), ["2", "clear", {}, "skipped"]] },
  { created: NONE, adopted: SET, rows: [churned("2"), ["1", "set", {}, "skipped"]] },
];

const aTrial = ({ created, adopted, rows }: Trial): Case => ({
  title: `on_removed ${created.kind}, for adopted ones ${adopted.kind}: by origin, once (S12)`,
  run: async (subject) => {
    const { sync, planned } = await leaving(subject, { onRemoved: created, onRemovedAdopted: adopted });
    const expected = [...rows].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    expect(inKeyOrder(planned.rows).map((row) => [row.key, row.operation, row.fields, row.settled])).toEqual(expected);
    expect(planned.rows.every((row) => row.change === "removed" && row.hash === null)).toBe(true);
    expect(planned.facts.counts.removed).toBe(2);
    const again = await sync.run(LEFT);
    expect(again.rows).toEqual([]);
    expect(again.facts.counts.removed).toBe(0);
  },
});

export const removedRows: readonly Case[] = [
  ...TRIALS.map(aTrial),
  {
    title: "the first plan removes nothing, and a model without rows removes what the guards let through (S12)",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      const first = await sync.run(rowsSql(COLUMNS, []));
      expect(first.facts.counts).toMatchObject({ read: 0, removed: 0 });
      await sync.run(rowsSql(COLUMNS, ROWS));
      const empty = await sync.plan(rowsSql(COLUMNS, []));
      expect(empty.facts).toMatchObject({ removals: 3, snapshotRows: 3, counts: { read: 0, removed: 3 } });
      expect(empty.guards.removals).toBe(3);
    },
  },
  {
    title: "a removal that failed keeps its entry and its record, and is planned again (S4)",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(rowsSql(COLUMNS, ROWS));
      await sync.plan(LEFT);
      expect(await sync.entry("1")).toMatchObject({ remoteId: "R-1", absentSince: null });
      expect(inKeyOrder((await sync.plan(LEFT)).rows).map((row) => row.key)).toEqual(["1", "2"]);
    },
  },
  {
    title: "a row that returns is linked to its record again and gets what was cleared (S12)",
    run: async (subject) => {
      const { sync } = await leaving(subject, { onRemoved: CLEAR, onRemovedAdopted: CLEAR });
      expect(await sync.entry("1")).toMatchObject({ remoteId: "R-1", absentSince: expect.stringMatching(/Z$/) });
      const back = await sync.run(rowsSql(COLUMNS, ROWS));
      expect(inKeyOrder(back.rows).map((row) => [row.key, row.change, row.remoteId, row.fields])).toEqual([
        ["1", "changed", "R-1", { id: "1", name: "n" }],
        ["2", "changed", "77", { id: "2", name: "n" }],
      ]);
      expect(await sync.entry("1")).toMatchObject({ origin: "created", absentSince: null });
      expect((await sync.run(rowsSql(COLUMNS, ROWS))).rows).toEqual([]);
    },
  },
  {
    title: "a row that returns unchanged needs no call where nothing was done, and leaves again as ever",
    run: async (subject) => {
      const { sync } = await leaving(subject, {});
      const back = await sync.run(rowsSql(COLUMNS, ROWS));
      expect(back.rows).toEqual([]);
      expect(await sync.entry("1")).toMatchObject({ absentSince: null, remoteId: "R-1" });
      expect((await sync.run(LEFT)).facts.counts.removed).toBe(2);
    },
  },
  {
    title: "an archived row that returns starts anew: it is looked for, and created where it is not found",
    run: async (subject) => {
      const { sync } = await leaving(subject, { onRemoved: { kind: "archive" } });
      expect(await sync.entry("1")).toBeNull();
      const back = await sync.run(rowsSql(COLUMNS, ROWS), { find: () => null });
      expect(back.rows.map((row) => [row.key, row.change, row.remoteId])).toEqual([["1", "added", null]]);
    },
  },
  {
    title: "what an approved plan covers does not count for the guards, what is new does (S22)",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(rowsSql(COLUMNS, ROWS));
      const held = await sync.plan(rowsSql(COLUMNS, [ROWS[2] ?? [], ["1", "z@x", "n"]]), { commit: false });
      const approved = [held.file.path];
      const same = await sync.plan(rowsSql(COLUMNS, [ROWS[2] ?? [], ["1", "y@x", "n"]]), { approved, commit: false });
      expect(same.guards).toMatchObject({ changed: 0, removals: 0, creates: 0 });
      const more = await sync.plan(
        rowsSql(COLUMNS, [
          ["1", "y@x", "n"],
          ["8", "8@x", "n"],
        ]),
        { approved },
      );
      expect(more.guards).toMatchObject({ changed: 0, removals: 1, creates: 1 });
    },
  },
];
