import { expect } from "vitest";
import type { DuplicateMatch } from "../../../../src/contract/project.ts";
import { type Case, rowsSql } from "../subject.ts";
import { invalid, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", seen: "bigint" };
const model = (...rows: (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);
const spec = (onDuplicateMatch: DuplicateMatch) => ({
  match: [{ email: "email" }],
  matchForm: "lower" as const,
  fields: { email: {}, seen: { type: "number" as const } },
  onRemoved: { kind: "archive" as const },
  onDuplicateMatch,
});

export const duplicateMatch: readonly Case[] = [
  {
    title:
      "reject: newcomers that share a match value are invalid, whatever its case; the linked row keeps syncing (S16)",
    run: async (subject) => {
      const sync = syncOn(subject, spec({ policy: "reject" }));
      await sync.run(model(["1", "a@x.example", "1"], ["5", "e@x.example", "1"]));
      const planned = await sync.run(
        model(
          ["1", "a@x.example", "2"],
          ["2", "A@x.example", "9"],
          ["3", "c@x", "1"],
          ["4", "C@X ", "2"],
          ["5", "e@x.example", "1"],
        ),
      );
      expect(planned.rows.map((row) => [row.key, row.fields])).toEqual([["1", { seen: "2" }]]);
      expect(invalid(planned)).toEqual([["DUPLICATE_MATCH_KEY", "email", 3]]);
      expect(planned.facts.superseded).toBe(0);
    },
  },
  {
    title: "keep linked: newcomers behind a linked row are superseded; without one they are invalid (S16)",
    run: async (subject) => {
      const sync = syncOn(subject, spec({ policy: "keep_linked" }));
      await sync.run(model(["1", "a@x.example", "1"]));
      const rows = model(["1", "a@x.example", "1"], ["2", "A@x.example", "9"], ["3", "c@x", "1"], ["4", "c@x", "2"]);
      const planned = await sync.run(rows);
      expect(planned.rows).toEqual([]);
      expect(planned.facts).toMatchObject({ superseded: 1, counts: { read: 4, invalid: 2, unchanged: 2, removed: 0 } });
      expect((await sync.run(rows)).facts).toMatchObject({ superseded: 1, newInvalid: 0 });
    },
  },
  {
    title: "keep latest: the newest newcomer goes, its rivals are superseded and no failure (S16)",
    run: async (subject) => {
      const sync = syncOn(subject, spec({ policy: "keep_latest", by: "seen" }));
      const rows = model(["1", "a@x", "1"], ["2", "A@x", "3"], ["3", "a@x", null], ["4", "d@x", "1"]);
      const planned = await sync.run(rows);
      expect(planned.rows.map((row) => row.key)).toEqual(["2", "4"]);
      expect(planned.facts).toMatchObject({ superseded: 2, counts: { invalid: 0, unchanged: 2 } });
      const later = await sync.run(model(["1", "a@x", "8"], ["2", "A@x", "3"], ["3", "a@x", null], ["4", "d@x", "1"]));
      expect(later.rows, "a linked row keeps its record though a newer one came").toEqual([]);
      expect(later.facts.superseded).toBe(2);
    },
  },
  {
    title: "a superseded row takes over when the kept one leaves (S16)",
    run: async (subject) => {
      const sync = syncOn(subject, spec({ policy: "keep_latest", by: "seen" }));
      await sync.run(model(["1", "a@x", "1"], ["2", "a@x", "3"]));
      const planned = await sync.run(model(["1", "a@x", "1"]), {
        find: () => ({ entry: 0, remoteId: "R-2", present: {} }),
      });
      expect(planned.rows.map((row) => [row.key, row.remoteId, row.settled])).toEqual([
        ["1", "R-2", null],
        ["2", "R-2", "transferred"],
      ]);
    },
  },
  {
    title: "rows without the value are no rivals of each other",
    run: async (subject) => {
      const sync = syncOn(subject, { ...spec({ policy: "reject" }), match: [{ id: "id" }, { email: "email" }] });
      const planned = await sync.run(model(["1", null, "1"], ["2", null, "1"], ["3", "", "1"], ["4", "", "1"]));
      expect(planned.rows).toHaveLength(4);
    },
  },
];
