import { expect } from "vitest";
import type { RekeyFacts } from "../../../../src/contract/planner.ts";
import type { KeyMove } from "../../../../src/contract/state.ts";
import { type Case, rowsSql, type Subject } from "../subject.ts";
import { aReject, inKeyOrder, type SyncSpec, sent, syncOn, took } from "../sync.ts";

type Rekeyed = { readonly facts: RekeyFacts; readonly moves: readonly KeyMove[] };

/** Stages another key, and commits it where nothing stands in its way. `from`: column → family, in the order of the former key. */
async function rekey(
  subject: Subject,
  sync: string,
  sql: string,
  key: readonly string[],
  from: Readonly<Record<string, string>>,
  { refused = [], epoch = 1 }: { refused?: readonly string[]; epoch?: number } = {},
): Promise<Rekeyed> {
  const columns = await subject.columns(sql);
  const columnOf = (name: string) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw new Error(`the test's model has no column "${name}"`);
    return column;
  };
  const former = Object.entries(from).map(([name, family]) => ({ column: columnOf(name), family }));
  const { local } = subject;
  const session = await subject.planner.rekey({ sync, local, sql, former, primaryKey: key.map(columnOf), refused });
  try {
    const facts = await session.stage(new AbortController().signal);
    const stands = facts.ambiguous.rows + facts.withoutKey.rows + facts.repeated.rows;
    if (stands > 0) return { facts, moves: [] };
    const moves = await session.moves();
    await session.commit(epoch);
    return { facts, moves };
  } finally {
    await session.close();
  }
}

let number = 0;
/** One sync under several models: the same name, another spec each. */
function family(subject: Subject) {
  const name = `rekeyed_${++number}`;
  return { name, as: (spec: SyncSpec) => syncOn(subject, { name, account: name, ...spec }) };
}

const metaOf = async (subject: Subject, name: string) =>
  (await subject.planner.metas()).find((meta) => meta.sync === name);

const MAIL = { fields: { email: {} }, match: [{ email: "email" }] } as const;
const mails = (type: string, ...ids: (string | null)[]) =>
  rowsSql(
    { id: type, email: "text" },
    ids.map((id) => [id, `m${Number(id)}@x.example`]),
  );

export const rekeyedRows: readonly Case[] = [
  {
    title: "a key that became text keeps every entry as it was, and the next plan is silent (S1)",
    run: async (subject) => {
      const { name, as } = family(subject);
      await as(MAIL).run(mails("integer", "1", "2", "3"), { find: () => null });
      const [before, meta] = [await as(MAIL).entry("2"), await metaOf(subject, name)];
      const model = mails("text", "1", "002", "3");
      const { facts } = await rekey(subject, name, model, ["id"], { id: "number" });
      expect(facts).toMatchObject({ rows: 3, carried: 3, left: 0, unknown: 0 });
      const planned = await as(MAIL).plan(model, { find: () => null });
      expect([planned.rows, planned.facts.counts]).toMatchObject([[], { unchanged: 3, removed: 0 }]);
      expect(await as(MAIL).entry("2")).toBeNull();
      expect(await as(MAIL).entry("002")).toEqual({ ...before, key: "002" });
      const after = await metaOf(subject, name);
      expect(after).toMatchObject({ key: ["id:text"], generation: (meta?.generation ?? 0) + 1 });
      expect(after?.hashVersion).toBe(meta?.hashVersion);
    },
  },
  {
    title: "rows are found by their former key whichever family it was of and whichever type it has now (S1)",
    run: async (subject) => {
      const values: readonly [from: string, family: string, to: string, value: string, written: string][] = [
        ["decimal(9,2)", "number", "text", "7.5", "7.50"],
        ["bigint", "number", "text", "-12", "-12"],
        ["double", "number", "text", "0.5", ".5"],
        ["text", "text", "bigint", "42", "42"],
        ["boolean", "boolean", "text", "true", "true"],
        ["date", "date", "text", "2026-02-28", "2026-02-28"],
        ["date", "date", "timestamp", "2026-02-28", "2026-02-28 00:00:00"],
        ["timestamp", "timestamp", "text", "2026-02-28 10:00:00.5", "2026-02-28 10:00:00.5"],
        ["timestamptz", "timestamp", "text", "2026-02-28 10:00:00+00", "2026-02-28T12:00:00+02:00"],
      ];
      const one = (type: string, value: string) => rowsSql({ id: type, n: "text" }, [[value, "n"]]);
      for (const [from, was, to, value, written] of values) {
        const { name, as } = family(subject);
        const spec = { fields: { n: {} }, match: [{ n: "n" }] };
        await as(spec).run(one(from, value), { find: () => null });
        const { facts } = await rekey(subject, name, one(to, written), ["id"], { id: was });
        expect(facts, `${from} ${value} as ${to} ${written}`).toMatchObject({ carried: 1, left: 0, unknown: 0 });
        expect((await as(spec).plan(one(to, written), { find: () => null })).rows).toEqual([]);
      }
    },
  },
  {
    title: "a new key column beside the old one: entries follow their row, also where keys change places",
    run: async (subject) => {
      const { name, as } = family(subject);
      const spec = { fields: { email: {} }, match: [{ email: "email" }], key: ["id"] };
      await as(spec).run(mails("integer", "1", "2", "3"), { find: () => null });
      const model = rowsSql({ uid: "integer", id: "integer", email: "text" }, [
        ["2", "1", "m1@x.example"],
        ["3", "2", "m2@x.example"],
        ["1", "3", "m3@x.example"],
        ["4", null, "new@x.example"],
      ]);
      const { facts, moves } = await rekey(subject, name, model, ["uid"], { id: "number" }, { refused: ["1", "3"] });
      expect(facts).toMatchObject({ rows: 3, carried: 3, unknown: 1 });
      expect(moves).toEqual([
        { from: "1", to: "2" },
        { from: "3", to: "1" },
      ]);
      const planned = await as({ ...spec, key: ["uid"] }).plan(model, { find: () => null });
      expect(sent(planned)).toEqual({ 4: { email: "new@x.example" } });
      expect(await as(spec).entry("1")).toMatchObject({ remoteId: "R-3" });
    },
  },
  {
    title: "one column becomes two, and two change places with their types",
    run: async (subject) => {
      const { name, as } = family(subject);
      const spec = { fields: { email: {} }, match: [{ email: "email" }], key: ["id"] };
      await as(spec).run(mails("integer", "1", "2"), { find: () => null });
      const both = (shop: string, id: string) =>
        rowsSql({ shop, id, email: "text" }, [
          ["7", "1", "m1@x.example"],
          ["7", "2", "m2@x.example"],
        ]);
      const plain = both("integer", "integer");
      await rekey(subject, name, plain, ["shop", "id"], { id: "number" });
      expect((await as({ ...spec, key: ["shop", "id"] }).plan(plain, { find: () => null })).rows).toEqual([]);
      expect(await as(spec).entry('["7","1"]')).toMatchObject({ remoteId: "R-1" });
      const texts = both("text", "text");
      await rekey(subject, name, texts, ["id", "shop"], { shop: "number", id: "number" });
      expect((await as({ ...spec, key: ["id", "shop"] }).plan(texts, { find: () => null })).rows).toEqual([]);
      expect(await metaOf(subject, name)).toMatchObject({ key: ["id:text", "shop:text"] });
    },
  },
  {
    title: "an entry of no row is not mixed up with the row whose new key reads the same; it is found as removed",
    run: async (subject) => {
      const { name, as } = family(subject);
      const spec = { ...MAIL, key: ["id"], onRemoved: { kind: "archive" } } as const;
      await as(spec).run(mails("integer", "1", "2", "3"), { find: () => null });
      // Row 1 left, and row 2 is called 1 now.
      const model = rowsSql({ uid: "integer", id: "integer", email: "text" }, [
        ["1", "2", "m2@x.example"],
        ["9", "3", "m3@x.example"],
      ]);
      const { facts, moves } = await rekey(subject, name, model, ["uid"], { id: "number" }, { refused: ["1", "77"] });
      expect(facts).toMatchObject({ rows: 3, carried: 2, left: 1 });
      const planned = await as({ ...spec, key: ["uid"] }).plan(model, { find: () => null });
      expect(planned.rows).toMatchObject([{ change: "removed", operation: "archive", remoteId: "R-1" }]);
      const former = planned.rows[0]?.key ?? "";
      expect(former).toMatch(/^\ufdd0.* 1$/u);
      expect(moves).toEqual([
        { from: "1", to: former },
        { from: "77", to: former.replace(/1$/, "77") },
      ]);
      await as({ ...spec, key: ["uid"] }).accept(planned, planned.rows.map(took));
      expect((await as({ ...spec, key: ["uid"] }).plan(model, { find: () => null })).rows).toEqual([]);
    },
  },
  {
    title: "what was left behind once is left behind again under a key of its own",
    run: async (subject) => {
      const { name, as } = family(subject);
      const spec = { ...MAIL, key: ["id"] };
      await as(spec).run(mails("integer", "1", "2"), { find: () => null });
      const beside = (uid: string, id: string, mail: string) =>
        rowsSql({ uid: "integer", id: "integer", email: "text" }, [[uid, id, mail]]);
      await rekey(subject, name, beside("1", "2", "m2@x.example"), ["uid"], { id: "number" });
      await as({ ...spec, key: ["uid"] }).run(
        rowsSql({ uid: "integer", email: "text" }, [
          ["1", "m2@x.example"],
          ["5", "m5@x.example"],
        ]),
        { find: () => null },
      );
      const back = rowsSql({ id: "integer", uid: "integer", email: "text" }, [["8", "5", "m5@x.example"]]);
      const { facts } = await rekey(subject, name, back, ["id"], { uid: "number" });
      expect(facts).toMatchObject({ rows: 3, carried: 1, left: 2 });
      expect(await subject.planner.tally(name)).toMatchObject({ rows: 3 });
      expect((await as(spec).plan(back, { find: () => null })).rows).toEqual([]);
    },
  },
  {
    title: "under the same column an entry of no row keeps its key, so that its row may come back to its record",
    run: async (subject) => {
      const { name, as } = family(subject);
      await as(MAIL).run(mails("integer", "1", "2"), { find: () => null });
      const { moves } = await rekey(subject, name, mails("text", "1"), ["id"], { id: "number" }, { refused: ["2"] });
      expect(moves).toEqual([{ from: "2", to: "2" }]);
      await as(MAIL).run(mails("text", "1"), { find: () => null });
      const returned = await as(MAIL).plan(mails("text", "1", "2"), { find: () => null });
      expect(returned.facts.creates).toBe(0);
      expect(await as(MAIL).entry("2")).toMatchObject({ remoteId: "R-2", absentSince: null });
    },
  },
  {
    title: "what was in doubt or without a match stays so under the new key",
    run: async (subject) => {
      const { name, as } = family(subject);
      const spec = { ...MAIL, write: "update" } as const;
      const find = ({ key }: { key: string }) => (key === "2" ? null : { entry: 0, remoteId: `R-${key}`, present: {} });
      const first = await as(spec).plan(mails("integer", "1", "2"), { find });
      const at = first.rows.find((row) => row.key === "1")?.seq ?? -1;
      await as(spec).accept(first, first.rows.filter((row) => row.key === "2").map(took));
      await as(spec).doubt(first, [{ fromSeq: at, toSeq: at }]);
      await rekey(subject, name, mails("text", "01", "02"), ["id"], { id: "number" });
      expect(await as(spec).entry("01")).toMatchObject({ isInDoubt: true });
      expect(await as(spec).entry("02")).toMatchObject({ mark: "unmatched" });
      const planned = await as(spec).plan(mails("text", "01", "02"), {
        find: ({ key }) => find({ key: key.slice(1) }),
      });
      expect(inKeyOrder(planned.rows).map((row) => row.key)).toEqual(["01"]);
    },
  },
  {
    title:
      "former keys in several rows, and new keys that are null or repeated, are counted with examples; nothing moves",
    run: async (subject) => {
      const { name, as } = family(subject);
      await as(MAIL).run(mails("integer", "1", "2", "3", "4", "5"), { find: () => null });
      const before = await subject.dump();
      const model = rowsSql({ uid: "text", id: "integer", email: "text" }, [
        ["a", "1", "m1@x.example"],
        ["b", "1", "m1@x.example"],
        [null, "2", "m2@x.example"],
        ["c", "3", "m3@x.example"],
        ["c", null, "new@x.example"],
        ["d", "4", "m4@x.example"],
        ["e", "66", "m66@x.example"],
        ["f", "66", "m66@x.example"],
        ["g", "67", "m67@x.example"],
        ["h", "67", "m67@x.example"],
        [null, null, "nobody@x.example"],
      ]);
      const { facts } = await rekey(subject, name, model, ["uid"], { id: "number" }, { refused: ["66"] });
      expect(facts).toMatchObject({
        ambiguous: { rows: 2, examples: ["1", "66"] },
        withoutKey: { rows: 1, examples: ["2"] },
        repeated: { rows: 1, examples: ["3"] },
      });
      expect(await subject.dump()).toBe(before);
    },
  },
  {
    title: "names with quotes are names, and a text that is no number has no former key",
    run: async (subject) => {
      const { name, as } = family(subject);
      const key = `i"d'; drop`;
      await as({ ...MAIL, key: [key] }).run(`select id as "i""d'; drop", email from (${mails("integer", "1")})`, {
        find: () => null,
      });
      const model = `select id as "i""d'; drop", email from (${rowsSql({ id: "text", email: "text" }, [
        ["1", "m1@x.example"],
        ["one", "m@x.example"],
      ])})`;
      const { facts } = await rekey(subject, name, model, [key], { [key]: "number" });
      expect(facts).toMatchObject({ carried: 1, unknown: 1 });
      expect(sent(await as({ ...MAIL, key: [key] }).plan(model))).toEqual({ one: { email: "m@x.example" } });
    },
  },
  {
    title: "rows that were invalid before are no news under their new key",
    run: async (subject) => {
      const { name, as } = family(subject);
      const spec = { fields: { email: {}, age: { type: "number" } }, match: [{ email: "email" }] } as const;
      const model = (id: string) =>
        rowsSql({ id, email: "text", age: "text" }, [
          ["1", "m1@x.example", "9"],
          ["2", "m2@x.example", "old"],
        ]);
      await as(spec).run(model("integer"), { find: () => null });
      await rekey(subject, name, model("text"), ["id"], { id: "number" });
      expect((await as(spec).plan(model("text"))).facts).toMatchObject({ newInvalid: 0, counts: { invalid: 1 } });
    },
  },
  {
    title: "a refused row that the snapshot does not know waits under its new key (S17)",
    run: async (subject) => {
      const { name, as } = family(subject);
      const first = await as(MAIL).plan(mails("integer", "1", "2"), { find: () => null });
      await as(MAIL).accept(first, first.rows.filter((row) => row.key === "1").map(took));
      const { moves } = await rekey(
        subject,
        name,
        mails("text", "1", "02"),
        ["id"],
        { id: "number" },
        { refused: ["2"] },
      );
      const rejects = moves.map(({ to }) => aReject({ key: to, nextTryAt: null }));
      const planned = await as(MAIL).plan(mails("text", "1", "02"), { rejects, find: () => null });
      expect([planned.rows, planned.gone, planned.facts.counts]).toMatchObject([[], [], { waiting: 1, unchanged: 1 }]);
    },
  },
  {
    title: "a worker whose lease another took gives nothing another key, nor does one whose snapshot moved since (S26)",
    run: async (subject) => {
      const { name, as } = family(subject);
      await as(MAIL).run(mails("integer", "1"), { find: () => null, epoch: 5 });
      const stale = rekey(subject, name, mails("text", "1"), ["id"], { id: "number" }, { epoch: 4 });
      await expect(stale).rejects.toMatchObject({ code: "LEASE_LOST" });
      expect(await metaOf(subject, name)).toMatchObject({ key: ["id:number"], epoch: 5 });
      const [column] = await subject.columns(mails("text", "1"));
      if (column === undefined) throw new Error("no column");
      const request = { sync: name, local: subject.local, sql: mails("text", "1"), refused: [] };
      const keys = { former: [{ column, family: "number" }], primaryKey: [column] };
      const late = await subject.planner.rekey({ ...request, ...keys });
      await late.stage(new AbortController().signal);
      await rekey(subject, name, mails("text", "1"), ["id"], { id: "number" }, { epoch: 6 });
      await expect(late.commit(7)).rejects.toMatchObject({ code: "STATE_MISMATCH" });
      await late.close();
      await expect(subject.planner.rekey({ ...request, ...keys, sync: "nobody" })).rejects.toMatchObject({
        code: "STATE_MISMATCH",
      });
    },
  },
];
