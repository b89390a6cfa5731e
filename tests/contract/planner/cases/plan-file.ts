import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", name: "text" };

export const planFile: readonly Case[] = [
  {
    title: "the plan file is whole, private, and its SHA-256 is the one that was told",
    run: async (subject) => {
      const sync = syncOn(subject);
      const { file } = await sync.plan(
        rowsSql(COLUMNS, [
          ["1", "a"],
          ["2", "b"],
        ]),
      );
      expect(
        createHash("sha256")
          .update(await readFile(file.path))
          .digest("hex"),
      ).toBe(file.sha256);
      expect(file.rows).toBe(2);
      expect((await stat(file.path)).mode & 0o077).toBe(0);
      const left = (await readdir(dirname(file.path))).filter((name) => name.endsWith(".tmp"));
      expect(left).toEqual([]);
    },
  },
  {
    title: "a plan once written is not changed by later plans or acceptances",
    run: async (subject) => {
      const sync = syncOn(subject);
      const { file } = await sync.run(rowsSql(COLUMNS, [["1", "a"]]));
      await sync.run(rowsSql(COLUMNS, [["1", "b"]]));
      expect(
        createHash("sha256")
          .update(await readFile(file.path))
          .digest("hex"),
      ).toBe(file.sha256);
    },
  },
  {
    title: "pages by sequence number put together are the plan; operations are counted from any point",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      const rows = Array.from({ length: 25 }, (_, index) => [`${index}`, `n${index}`]);
      await sync.run(rowsSql(COLUMNS, rows.slice(0, 10)));
      const { file, rows: all } = await sync.plan(rowsSql(COLUMNS, rows.slice(5)));
      const pages = [];
      for (let from = 0; from < file.rows; from += 7)
        pages.push(...(await subject.planner.readPlan(file.path, from, from + 7)));
      expect(pages).toEqual(all);
      const counted = async (...ranges: [number, number][]) =>
        (
          await subject.planner.countPlan(
            file.path,
            ranges.map(([fromSeq, toSeq]) => ({ fromSeq, toSeq })),
          )
        )
          .map(({ operation, settled, rows }) => `${operation} ${settled} ${rows}`)
          .sort();
      expect(await counted([0, 99])).toEqual(["archive null 5", "upsert null 15"]);
      expect(await counted([16, 99])).toEqual(["archive null 4"]);
      expect(await counted([0, 0], [14, 15])).toEqual(["archive null 1", "upsert null 2"]);
      expect(await counted()).toEqual([]);
    },
  },
  {
    title: "writes by id come first, then new records, then removals, then what needs no call",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(
        rowsSql(COLUMNS, [
          ["1", "a"],
          ["2", "b"],
          ["3", "c"],
        ]),
        {
          find: (row) => (row.key === "3" ? { entry: 0, remoteId: "33", present: {} } : null),
        },
      );
      const { rows } = await sync.plan(
        rowsSql(COLUMNS, [
          ["0", "new"],
          ["2", "changed"],
        ]),
      );
      expect(rows.map((row) => [row.key, row.change, row.settled])).toEqual([
        ["2", "changed", null],
        ["0", "added", null],
        ["1", "removed", null],
        ["3", "removed", "skipped"],
      ]);
    },
  },
  {
    title: "a plan that is cancelled while it is written is not there at all",
    run: async (subject) => {
      const sync = syncOn(subject);
      const planned = await sync.plan(rowsSql(COLUMNS, [["1", "a"]]));
      const before = await readdir(dirname(planned.file.path));
      const stop = AbortSignal.abort();
      await expect(sync.plan(rowsSql(COLUMNS, [["1", "b"]]), { signal: stop })).rejects.toThrow();
      expect(await readdir(dirname(planned.file.path))).toEqual(before);
      expect(before).toContain(basename(planned.file.path));
    },
  },
];
