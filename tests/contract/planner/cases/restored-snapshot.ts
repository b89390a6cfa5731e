import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { sent, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", name: "text" };
const people = (...rows: (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);

export const restoredSnapshot: readonly Case[] = [
  {
    title: "a snapshot of an older day writes, and removes and forgets nothing, until its records were looked at (S25)",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(people(["1", "a"], ["2", "b"], ["3", "c"]));
      const planned = await sync.run(people(["1", "x"], ["4", "d"]), { keepsRemovals: true });
      expect(sent(planned)).toEqual({ 1: { name: "x" }, 4: { id: "4", name: "d" } });
      expect(planned.facts).toMatchObject({ removals: 0, removalsPostponed: true, counts: { removed: 0 } });
      expect(await sync.entry("2")).toMatchObject({ remoteId: "R-2", absentSince: null });
      const later = await sync.run(people(["1", "x"], ["4", "d"]));
      expect(later.facts).toMatchObject({ removals: 2, removalsPostponed: false });
    },
  },
  {
    title: "gives the records of all rows in pages, each once, also of rows that left the model",
    run: async (subject) => {
      const { planner } = subject;
      const sync = syncOn(subject, { onRemoved: { kind: "none" } });
      expect(await planner.remoteIds(sync.name, null, 2)).toEqual([]);
      await sync.run(people(["1", "a"], ["2", "b"], ["3", "c"]));
      await sync.run(people(["1", "a"], ["2", "b"]));
      expect(await planner.remoteIds(sync.name, null, 2)).toEqual(["R-1", "R-2"]);
      expect(await planner.remoteIds(sync.name, "R-2", 2)).toEqual(["R-3"]);
      expect(await planner.remoteIds(sync.name, "R-3", 2)).toEqual([]);
    },
  },
  {
    title:
      "rows of merged records go on with the survivor, whose origin is nobody's to tell; a stale worker moves none (S6, S9)",
    run: async (subject) => {
      const { planner } = subject;
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(people(["1", "a"], ["2", "b"]), { epoch: 2 });
      const stale = planner.relink({ sync: sync.name, epoch: 1 }, new Map([["R-1", "R-9"]]));
      await expect(stale).rejects.toMatchObject({ code: "LEASE_LOST" });
      expect(await sync.entry("1")).toMatchObject({ remoteId: "R-1", origin: "created" });
      expect(await planner.relink({ sync: sync.name, epoch: 2 }, new Map([["R-1", "R-9"]]))).toBe(1);
      expect(await sync.entry("1")).toMatchObject({ remoteId: "R-9", origin: "unknown", payload: { name: "a" } });
      expect(await sync.entry("2")).toMatchObject({ remoteId: "R-2", origin: "created" });
      expect(await planner.relink({ sync: sync.name, epoch: 2 }, new Map())).toBe(0);
    },
  },
  {
    title: "counts rows, rows with a record, and records that several living rows hold",
    run: async (subject) => {
      const { planner } = subject;
      const sync = syncOn(subject);
      expect(await planner.inspect(sync.name)).toEqual({ rows: 0, linked: 0, shared: 0 });
      await sync.run(people(["1", "a"], ["2", "b"], ["3", "c"]));
      expect(await planner.inspect(sync.name)).toEqual({ rows: 3, linked: 3, shared: 0 });
      await planner.relink({ sync: sync.name, epoch: 1 }, new Map([["R-1", "R-2"]]));
      expect(await planner.inspect(sync.name)).toEqual({ rows: 3, linked: 3, shared: 1 });
    },
  },
];
