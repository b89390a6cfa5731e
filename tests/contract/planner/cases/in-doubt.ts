import { expect } from "vitest";
import type { UnlinkedRow } from "../../../../src/contract/planner.ts";
import { type Case, rowsSql } from "../subject.ts";
import { sent, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", name: "text" };
const model = (...rows: (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);
const A = model(["1", "a@x", "A"]);
const B = model(["1", "a@x", "B"]);
const NOTHING = model();

export const inDoubt: readonly Case[] = [
  {
    title: "a change in doubt is sent again though the model went back to what was acknowledged (A, B in doubt, A)",
    run: async (subject) => {
      const sync = syncOn(subject);
      await sync.run(A);
      const doubtful = await sync.plan(B);
      await sync.doubt(doubtful, [{ fromSeq: 0, toSeq: 0 }]);
      expect(await sync.entry("1")).toMatchObject({ isInDoubt: true, payload: { name: "A" } });
      const reverted = await sync.run(A);
      expect(sent(reverted)).toEqual({ 1: { name: "A" } });
      expect(reverted.rows[0]?.remoteId).toBe("R-1");
      expect(await sync.entry("1")).toMatchObject({ isInDoubt: false, payload: { name: "A" } });
      expect((await sync.run(A)).rows).toEqual([]);
    },
  },
  {
    title: "a value in doubt that is null now is cleared, though we never acknowledged one (S13)",
    run: async (subject) => {
      const sync = syncOn(subject);
      const without = model(["1", "a@x", null]);
      await sync.run(without);
      await sync.doubt(await sync.plan(B), [{ fromSeq: 0, toSeq: 0 }]);
      expect(sent(await sync.run(without))).toEqual({ 1: { name: null } });
    },
  },
  {
    title: "a clearing in doubt is taken back where the model has its value again",
    run: async (subject) => {
      const sync = syncOn(subject);
      await sync.run(A);
      const cleared = await sync.plan(model(["1", "a@x", null]));
      expect(sent(cleared)).toEqual({ 1: { name: null } });
      await sync.doubt(cleared, [{ fromSeq: 0, toSeq: 0 }]);
      await sync.doubt(cleared, [{ fromSeq: 0, toSeq: 0 }]);
      expect(sent(await sync.run(A))).toEqual({ 1: { name: "A" } });
    },
  },
  ...[model(["1", "z@x", "A"]), A].map(
    (meanwhile, index): Case => ({
      title: `what was in doubt in a field that is mapped no more is unknown when it is mapped again, ${index === 0 ? "after a write" : "also where nothing was sent meanwhile"}`,
      run: async (subject) => {
        const sync = syncOn(subject);
        await sync.run(A);
        await sync.doubt(await sync.plan(B), [{ fromSeq: 0, toSeq: 0 }]);
        const of = { name: sync.name, account: sync.account, object: sync.object };
        const narrow = syncOn(subject, { ...of, fields: { id: {}, email: {} } });
        await narrow.run(meanwhile);
        expect(await narrow.entry("1")).toMatchObject({ isInDoubt: false });
        const again = await sync.run(meanwhile);
        expect(sent(again)).toEqual({ 1: { name: "A" } });
        expect((await sync.run(meanwhile)).rows).toEqual([]);
      },
    }),
  ),
  {
    title: "two doubts in a row add up",
    run: async (subject) => {
      const sync = syncOn(subject);
      await sync.run(A);
      await sync.doubt(await sync.plan(B), [{ fromSeq: 0, toSeq: 0 }]);
      await sync.doubt(await sync.plan(model(["1", "z@x", "A"])), [{ fromSeq: 0, toSeq: 0 }]);
      expect(sent(await sync.run(A))).toEqual({ 1: { email: "a@x", name: "A" } });
    },
  },
  {
    title: "a create in doubt is looked for and linked by the next plan, and its origin is unknown (S9, S19)",
    run: async (subject) => {
      const sync = syncOn(subject);
      await sync.doubt(await sync.plan(A), [{ fromSeq: 0, toSeq: 0 }]);
      expect(await sync.entry("1")).toMatchObject({ isInDoubt: true, remoteId: null });
      const found = await sync.run(A, { find: () => ({ entry: 0, remoteId: "55", present: {} }) });
      expect(found.rows).toMatchObject([{ key: "1", remoteId: "55", settled: null }]);
      expect(await sync.entry("1")).toMatchObject({ remoteId: "55", isInDoubt: false });
      expect((await sync.entry("1"))?.origin).not.toBe("created");
    },
  },
  {
    title:
      "a create in doubt whose match value changed is looked for by both, and the record found by the former is its own (S19)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: [{ email: "email" }] });
      await sync.doubt(await sync.plan(A), [{ fromSeq: 0, toSeq: 0 }]);
      const moved = model(["1", "new@x", "A"]);
      const asked: (string | null)[] = [];
      const found = await sync.plan(moved, {
        find: ({ match }) => {
          asked.push(match[0]?.email ?? null);
          return match[0]?.email === "a@x" ? { entry: 0, remoteId: "55", present: { email: "a@x" } } : null;
        },
      });
      expect(asked.sort()).toEqual(["a@x", "new@x"]);
      expect(found.rows).toMatchObject([{ key: "1", remoteId: "55", settled: null }]);
      expect(found.rows[0]?.origin).not.toBe("created");
      expect(found.rows[0]?.fields).toMatchObject({ email: "new@x" });
      const never = await sync.plan(moved, { find: () => null });
      expect(never.rows).toMatchObject([{ key: "1", remoteId: null, settled: null }]);
      const several = await sync.plan(moved, {
        find: () => null,
        unlinkable: never.unlinked
          .filter(({ isFormer }) => isFormer === true)
          .map(({ key }) => ({ key, code: "AMBIGUOUS_MATCH", message: "2 records" })),
      });
      expect(several.rows, "nobody knows which of them is ours").toEqual([]);
      expect(several.facts.invalidGroups).toMatchObject([{ code: "AMBIGUOUS_MATCH", example: "1" }]);
    },
  },
  {
    title: "a record that was found for a row in doubt stays its own, though the write to it is in doubt as well (S19)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: [{ email: "email" }] });
      await sync.doubt(await sync.plan(A), [{ fromSeq: 0, toSeq: 0 }]);
      const found = await sync.plan(A, { find: () => ({ entry: 0, remoteId: "55", present: { email: "a@x" } }) });
      await sync.doubt(found, [{ fromSeq: 0, toSeq: 0 }]);
      expect(await sync.entry("1")).toMatchObject({ remoteId: "55", isInDoubt: true });
      const moved = await sync.plan(model(["1", "new@x", "A"]), { find: () => null });
      expect(moved.rows).toMatchObject([{ remoteId: "55", fields: { email: "new@x" } }]);
    },
  },
  {
    title: "an insert in doubt that finds its record keeps it: when the row leaves, the record goes as well (S9)",
    run: async (subject) => {
      const sync = syncOn(subject, { write: "insert", onRemovedAdopted: { kind: "archive" } });
      await sync.doubt(await sync.plan(A), [{ fromSeq: 0, toSeq: 0 }]);
      const found = await sync.run(A, { find: () => ({ entry: 0, remoteId: "55", present: {} }) });
      expect(found.rows).toMatchObject([{ settled: "skipped", remoteId: "55" }]);
      expect(await sync.entry("1")).toMatchObject({ remoteId: "55", origin: "unknown", isInDoubt: false });
      expect((await sync.run(B)).rows).toEqual([]);
      expect((await sync.run(NOTHING)).rows).toMatchObject([{ operation: "archive", remoteId: "55" }]);
    },
  },
  {
    title: "a row that came back after a removal in doubt, and then is in doubt itself, is looked for by what was sent",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" }, onRemovedAdopted: { kind: "archive" } });
      await sync.run(A);
      await sync.doubt(await sync.plan(NOTHING), [{ fromSeq: 0, toSeq: 0 }]);
      const anew = await sync.plan(A, { find: () => null });
      expect(anew.rows).toMatchObject([{ key: "1", remoteId: null, settled: null }]);
      await sync.doubt(anew, [{ fromSeq: 0, toSeq: 0 }]);
      expect(await sync.entry("1")).toMatchObject({ remoteId: null, isInDoubt: true });
      const gone = await sync.plan(NOTHING, { find: () => ({ entry: 0, remoteId: "ANEW", present: {} }) });
      expect(gone.unlinked).toMatchObject([{ key: "1" }]);
      expect(gone.rows).toMatchObject([{ key: "1", operation: "archive", remoteId: "ANEW" }]);
    },
  },
  {
    title: "a record that another row holds by now binds no row in doubt: it is looked for by what it says today",
    run: async (subject) => {
      const sync = syncOn(subject, { match: [{ email: "email" }] });
      const other = (email: string) => ["5", email, "E"];
      await sync.run(model(other("old@x")));
      await sync.doubt(await sync.plan(model(["4", "five@x", "D"], other("old@x"))), [{ fromSeq: 0, toSeq: 0 }]);
      const settled = model(["4", "four@x", "D"], other("five@x"));
      const find = ({ match }: UnlinkedRow) =>
        match[0]?.["email"] === "five@x" ? { entry: 0, remoteId: "R-5", present: {} } : null;
      const planned = await sync.plan(settled, { find });
      expect(planned.facts.invalidGroups).toEqual([]);
      expect(planned.rows.filter(({ key }) => key === "4")).toMatchObject([
        { remoteId: null, match: [{ email: "four@x" }], settled: null },
      ]);
    },
  },
  {
    title: "a create in doubt whose row left the model is not forgotten",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.doubt(await sync.plan(A), [{ fromSeq: 0, toSeq: 0 }]);
      await sync.run(NOTHING);
      expect(await sync.entry("1")).toMatchObject({ isInDoubt: true });
      const back = await sync.plan(A, { find: () => ({ entry: 0, remoteId: "55", present: {} }) });
      expect(back.rows).toMatchObject([{ key: "1", remoteId: "55" }]);
    },
  },
  {
    title: "a change in doubt whose row left the model: clearing covers the fields that may have landed",
    run: async (subject) => {
      const sync = syncOn(subject, {
        onRemoved: { kind: "clear" },
        match: [{ email: "email" }],
        fields: { email: {}, name: {} },
      });
      await sync.run(model(["1", "a@x", null]));
      await sync.doubt(await sync.plan(B), [{ fromSeq: 0, toSeq: 0 }]);
      const gone = await sync.run(NOTHING);
      expect(gone.rows).toMatchObject([{ operation: "clear", fields: { name: null } }]);
    },
  },
  {
    title:
      "a removal in doubt is planned again; a row that came back meanwhile is looked for, and made anew where it is gone",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(A);
      await sync.doubt(await sync.plan(NOTHING), [{ fromSeq: 0, toSeq: 0 }]);
      expect((await sync.plan(NOTHING)).rows).toMatchObject([{ operation: "archive", remoteId: "R-1" }]);
      const there = await sync.plan(A, { find: () => ({ entry: 0, remoteId: "R-1", present: {} }), commit: false });
      expect(there.rows, "it is there, as it was").toEqual([]);
      const without = model(["1", "a@x", null]);
      const cleared = await sync.plan(without, {
        find: () => ({ entry: 0, remoteId: "R-1", present: {} }),
        commit: false,
      });
      expect(cleared.rows).toMatchObject([
        { remoteId: "R-1", origin: "created", adopted: false, fields: { name: null } },
      ]);
      const back = await sync.run(A, { find: () => null });
      expect(back.rows).toMatchObject([
        { key: "1", remoteId: null, settled: null, fields: { name: "A", email: "a@x" } },
      ]);
      expect((await sync.plan(A)).rows).toEqual([]);
    },
  },
  {
    title: "a row that came back after a removal in doubt names its record, which may be there under other values",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(A);
      await sync.doubt(await sync.plan(NOTHING), [{ fromSeq: 0, toSeq: 0 }]);
      const find = ({ formerId }: { formerId?: string }) =>
        formerId === undefined ? null : { entry: 0, remoteId: formerId, present: {} };
      const back = await sync.plan(model(["1", "new@x", "A"]), { find, commit: false });
      expect(back.unlinked).toMatchObject([{ key: "1", formerId: "R-1" }]);
      expect(back.rows).toMatchObject([{ remoteId: "R-1", origin: "created", fields: { email: "new@x" } }]);
      const fresh = await sync.plan(model(["2", "b@x", "B"]), { find, commit: false });
      expect(fresh.unlinked.filter(({ key }) => key === "2")).toEqual([{ key: "2", match: [{ id: "2" }] }]);
    },
  },
  {
    title: "marking twice is marking once; rows settled without a call are not marked",
    run: async (subject) => {
      const sync = syncOn(subject, { write: "update" });
      const planned = await sync.plan(model(["1", "a@x", "A"], ["2", "b@x", "B"]), {
        find: (row) => (row.key === "1" ? { entry: 0, remoteId: "55", present: {} } : null),
      });
      const all = [{ fromSeq: 0, toSeq: 1 }];
      await sync.doubt(planned, all);
      const once = await sync.entry("1");
      await sync.doubt(planned, all);
      expect(await sync.entry("1")).toEqual(once);
      expect(await sync.entry("2")).toBeNull();
      await sync.doubt(planned, []);
      const next = await sync.run(model(["1", "a@x", "A"], ["2", "b@x", "B"]), { find: () => null });
      expect(sent(next)["1"]).toEqual({ id: "1", email: "a@x", name: "A" });
    },
  },
];
