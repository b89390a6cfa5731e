import { expect } from "vitest";
import { Fault } from "../../../../src/contract/fault.ts";
import { type Case, rowsSql } from "../subject.ts";
import { invalid, syncOn } from "../sync.ts";

export const modelTrouble: readonly Case[] = [
  {
    title: "a row that is read twice and differs is refused as unstable, and told so",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, luck: { type: "number" } } });
      const planned = await sync.run(
        "select id, case when id = 1 then random() else 0.5 end as luck from range(1, 4) t(id)",
      );
      expect(invalid(planned)).toEqual([["ROW_UNSTABLE", null, 1]]);
      expect(planned.rows.map((row) => row.key)).toEqual(["2", "3"]);
    },
  },
  {
    title: "a row that is unstable and wrong is counted once",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, luck: { type: "number" } } });
      const planned = await sync.run("select 1::bigint as id, 'x' || random() as luck");
      expect(planned.facts.counts).toMatchObject({ read: 1, invalid: 1 });
    },
  },
  {
    title: "unstable keys are refused, all of them",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { name: {} }, match: [{ name: "name" }] });
      const planned = await sync.run("select (random() * 1e15)::bigint as id, 'n' || n as name from range(3) t(n)");
      expect(planned.rows).toEqual([]);
      expect(planned.facts.counts).toMatchObject({ read: 3, invalid: 3 });
    },
  },
  {
    title: "trailing comments and semicolons are the author's affair",
    run: async (subject) => {
      const body = rowsSql({ id: "bigint", name: "text" }, [["1", "it's; -- not a comment"]]);
      for (const end of [";", " -- the end", ";\n-- the end\n", " /* a */ ; ", "\n"]) {
        const planned = await syncOn(subject).run(`-- first\n${body}${end}`);
        expect(planned.rows[0]?.fields, end).toEqual({ id: "1", name: "it's; -- not a comment" });
      }
    },
  },
  {
    title:
      "a model that fails while it runs is told in the database's words, less the row's value, and the sync is as before (S27)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const good = "select 1::bigint as id, 'a' as name";
      await sync.run(good);
      const before = await subject.dump();
      const broken =
        "select n as id, cast(case when n = 90000 then 'oops' else '1' end as integer)::varchar as name from range(100000) t(n)";
      await expect(sync.plan(broken)).rejects.toMatchObject({
        code: "MODEL_FAILED",
        message: expect.stringMatching(/Could not convert string '…' to INT32/),
        fix: expect.stringMatching(/nothing was sent/),
      });
      expect(await subject.dump()).toBe(before);
      expect((await sync.plan(good)).rows, "the planner goes on").toEqual([]);
    },
  },
  {
    title: "now() means one moment in the whole model",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, at: { type: "timestamp" } } });
      const planned = await sync.plan("select n as id, now() as at from range(1000) t(n)");
      expect(planned.facts.counts).toMatchObject({ added: 1000, invalid: 0 });
      expect(new Set(planned.rows.map((row) => row.fields["at"])).size).toBe(1);
    },
  },
  {
    title: "cancelled in the middle of the model it stops within a moment, leaves nothing open, and says CANCELLED",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {} } });
      const slow = "select max(hash(a.n, b.n))::varchar as id from range(1000000) a(n), range(1000000) b(n)";
      const stop = new AbortController();
      const columns = "select '1' as id";
      await sync.run(columns);
      setTimeout(() => stop.abort(new Error("enough")), 50);
      await expect(sync.plan(slow, { signal: stop.signal })).rejects.toMatchObject({ code: "CANCELLED" });
      expect((await sync.run(columns)).facts.counts).toMatchObject({ read: 1, unchanged: 1 });
    },
  },
  {
    title: "cancelled before it begins it says CANCELLED, not that the model failed; a lost lease keeps its own word",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {} } });
      const model = "select '1' as id";
      await expect(sync.plan(model, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
      const lost = AbortSignal.abort(new Fault("LEASE_LOST", "another run took over"));
      await expect(sync.plan(model, { signal: lost })).rejects.toMatchObject({ code: "LEASE_LOST" });
    },
  },
];
