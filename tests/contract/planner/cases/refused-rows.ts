import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { aReject, HOUR_MS, NOW_MS, sent, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text" };
const model = (email: string) =>
  rowsSql(COLUMNS, [
    ["1", email],
    ["2", "fine"],
  ]);

export const refusedRows: readonly Case[] = [
  {
    title: "a refused row waits while it is the same and its pause runs, and goes again afterwards (S17)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const first = await sync.plan(model("bad"));
      const [row] = first.rows;
      const rejects = [aReject({ key: "1", hash: row?.hash ?? null })];
      const waiting = await sync.plan(model("bad"), { rejects });
      expect(waiting.facts.counts).toMatchObject({ waiting: 1, added: 1 });
      expect(waiting.rows.map((planned) => planned.key)).toEqual(["2"]);
      expect(
        waiting.unlinked.map((unlinked) => unlinked.key),
        "nobody looks for a waiting row",
      ).toEqual(["2"]);
      expect(waiting.gone).toEqual([]);
      const over = await sync.plan(model("bad"), { rejects, nowMs: NOW_MS + HOUR_MS });
      expect(over.rows).toMatchObject([
        { key: "1", attempts: 1 },
        { key: "2", attempts: 0 },
      ]);
    },
  },
  {
    title: "a changed row is tried at once, with its newest value (S4, S17)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const [row] = (await sync.plan(model("bad"))).rows;
      const planned = await sync.plan(model("mended"), { rejects: [aReject({ key: "1", hash: row?.hash ?? null })] });
      expect(sent(planned)["1"]).toEqual({ id: "1", email: "mended" });
    },
  },
  {
    title: "a refusal whose hash is withheld is tried now, inside its pause too (S17)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const planned = await sync.plan(model("bad"), { rejects: [aReject({ key: "1", hash: null })] });
      expect(planned.rows.map((row) => row.key)).toEqual(["1", "2"]);
      expect(planned.facts.counts.waiting).toBe(0);
    },
  },
  {
    title: "a suppressed row is never tried, changed or not (S17)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const rejects = [aReject({ key: "1", hash: "1", nextTryAt: null })];
      for (const email of ["bad", "other"]) {
        const planned = await sync.plan(model(email), { rejects, nowMs: NOW_MS + 9_999 * HOUR_MS });
        expect(planned.facts.counts.waiting, email).toBe(1);
      }
    },
  },
  {
    title: "refusals of rows that went back to what was accepted, or left the model, are over (S17)",
    run: async (subject) => {
      const sync = syncOn(subject);
      await sync.run(model("good"));
      const rejects = [aReject({ key: "1", hash: "1" }), aReject({ key: "8", hash: "1" })];
      expect([...(await sync.plan(model("good"), { rejects })).gone].sort()).toEqual(["1", "8"]);
      expect((await sync.plan(model("new"), { rejects })).gone).toEqual(["8"]);
    },
  },
  {
    title: "a refused removal waits out its pause; a suppressed one is never tried (S4, S17)",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(
        rowsSql(COLUMNS, [
          ["1", "a"],
          ["2", "b"],
        ]),
      );
      const left = rowsSql(COLUMNS, []);
      const refused = (key: string, nextTryAt: number | null) => aReject({ key, nextTryAt, operation: "archive" });
      const rejects = [refused("1", NOW_MS + HOUR_MS), refused("2", null)];
      const waiting = await sync.plan(left, { rejects });
      expect(waiting.rows).toEqual([]);
      expect(waiting.facts.removals).toBe(0);
      expect(waiting.gone).toEqual([]);
      const over = await sync.plan(left, { rejects, nowMs: NOW_MS + HOUR_MS });
      expect(over.rows).toMatchObject([{ key: "1", operation: "archive", attempts: 1 }]);
      expect((await sync.entry("1"))?.remoteId, "its entry stays").toBe("R-1");
    },
  },
];
