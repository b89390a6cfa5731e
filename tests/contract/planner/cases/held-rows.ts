import { expect } from "vitest";
import type { GuardVerdict } from "../../../../src/contract/run.ts";
import { type Case, rowsSql } from "../subject.ts";
import { syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", city: "text" };
type People = readonly (readonly [string, string, string | null])[];
const model = (people: People) => rowsSql(COLUMNS, people);
const FOUR: People = [
  ["1", "a", "Ulm"],
  ["2", "b", "Ulm"],
  ["3", "c", "Ulm"],
  ["4", "d", "Ulm"],
];
/** One row changes, one loses its city, one is new, two are gone. */
const NEXT: People = [
  ["1", "changed", "Ulm"],
  ["2", "b", null],
  ["5", "e", "Bonn"],
];

function verdict(guard: GuardVerdict["guard"], field: string | null = null): GuardVerdict {
  return { guard, field, held: true, value: 1, of: 1, limit: "0 rows" };
}

const REMOVES = { onRemoved: { kind: "archive" } } as const;

export const heldRows: readonly Case[] = [
  {
    title: "only the rows of which a guard speaks are held; they stand last in the plan, with their guard (S22)",
    run: async (subject) => {
      const sync = syncOn(subject, REMOVES);
      await sync.run(model(FOUR));
      const planned = await sync.plan(model(NEXT), { held: [verdict("removed"), verdict("cleared", "city")] });
      expect(planned.aside).toBe(3);
      expect(planned.rows.map(({ seq, key, settled, reason }) => [seq, key, settled, reason])).toEqual([
        [0, "1", null, null],
        [1, "5", null, null],
        [2, "2", "held", "held by guard cleared (city)"],
        [3, expect.stringMatching(/3|4/), "held", "held by guard removed"],
        [4, expect.stringMatching(/3|4/), "held", "held by guard removed"],
      ]);
    },
  },
  {
    title: "held rows keep their snapshot entries, and the next plan finds them again (S4, S22)",
    run: async (subject) => {
      const sync = syncOn(subject, REMOVES);
      await sync.run(model(FOUR));
      const first = await sync.run(model(NEXT), { held: [verdict("removed")] });
      expect(first.aside).toBe(2);
      const again = await sync.plan(model(NEXT));
      expect(again.rows.map(({ key, operation }) => [key, operation]).sort()).toEqual([
        ["3", "archive"],
        ["4", "archive"],
      ]);
    },
  },
  {
    title: "an approval of a plan that was held in part covers its held rows and no others (S22)",
    run: async (subject) => {
      const sync = syncOn(subject, REMOVES);
      await sync.run(model(FOUR));
      const held = await sync.plan(model(NEXT), { held: [verdict("removed")], commit: false });
      const later = await sync.plan(model(NEXT.slice(1)), { approved: [held.file.path], held: [verdict("removed")] });
      expect(later.guards.removals, "row 1 left as well, and nobody approved that").toBe(1);
      expect(later.guards.creates, "the creation was sent, not approved").toBe(1);
      expect(later.rows.filter(({ settled }) => settled === "held").map(({ key }) => key)).toEqual(["1"]);
    },
  },
  {
    title:
      "new records and changes can be held apart; invalid rows are in no plan, so nothing is held in part for them",
    run: async (subject) => {
      const sync = syncOn(subject, REMOVES);
      await sync.run(model(FOUR));
      const heldKeys = async (guard: GuardVerdict["guard"]) => {
        const { rows } = await sync.plan(model(NEXT), { held: [verdict(guard)], commit: false });
        return rows.filter(({ settled }) => settled === "held").map(({ key }) => key);
      };
      expect(await heldKeys("created")).toEqual(["5"]);
      expect(await heldKeys("changed")).toEqual(["1", "2"]);
      expect(await heldKeys("failed")).toEqual([]);
    },
  },
];
