// Proves that transactions which share a commit are still each whole, in order, and fail alone.
import type { Knex } from "knex";
import { expect, it } from "vitest";
import { groupCommit } from "../../../src/state/group-commit.ts";

type Rows = string[];

/** A database of one table: what a transaction did counts once it has come to its end, and not before. */
function table(failures: { begin?: Error; commit?: Error } = {}) {
  const state = { rows: [] as Rows, tries: 0, commits: 0, open: 0 };
  const transaction = async <T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> => {
    state.tries++;
    if (failures.begin !== undefined) throw failures.begin;
    if (++state.open > 1) throw new Error("there is one connection");
    const rows = [...state.rows];
    try {
      const value = await work(rows as unknown as Knex.Transaction);
      await new Promise((resolve) => setImmediate(resolve));
      if (failures.commit !== undefined) throw failures.commit;
      state.rows = rows;
      state.commits++;
      return value;
    } finally {
      state.open--;
    }
  };
  return { state, write: groupCommit(transaction) };
}

const insert = (row: string) => async (trx: Knex.Transaction) => {
  const rows = trx as unknown as Rows;
  if (row.startsWith("bad")) throw new Error(row);
  return rows.push(row);
};

it("what comes while one is under way shares the next commit, in its order", async () => {
  const { state, write } = table();
  const names = Array.from({ length: 20 }, (_, index) => `row ${index}`);
  expect(await Promise.all(names.map((name) => write(insert(name))))).toEqual(names.map((_, index) => index + 1));
  expect(state.rows).toEqual(names);
  // The first began alone.
  expect(state.commits).toBe(2);
});

it("nobody hears of success before the commit", async () => {
  const { state, write } = table();
  const seen = await Promise.all(
    ["a", "b", "c"].map((name) => write(insert(name)).then(() => state.rows.includes(name))),
  );
  expect(seen).toEqual([true, true, true]);
});

it("one that throws fails alone, and is done no more than the others are undone", async () => {
  const { state, write } = table();
  const ends = await Promise.allSettled(["a", "b", "bad", "c", "bad too", "d"].map((name) => write(insert(name))));
  expect(ends.map(({ status }) => status)).toEqual([
    ...["fulfilled", "fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"],
  ]);
  expect(ends.flatMap((end) => (end.status === "rejected" ? [end.reason.message] : []))).toEqual(["bad", "bad too"]);
  expect(state.rows).toEqual(["a", "b", "c", "d"]);
});

it("a commit that fails fails all of them, and the next ones are tried all the same", async () => {
  const failures: { commit?: Error } = { commit: new Error("the disk is full") };
  const { state, write } = table(failures);
  const ends = await Promise.allSettled(["a", "b"].map((name) => write(insert(name))));
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  delete failures.commit;
  await write(insert("c"));
  expect(state.rows).toEqual(["c"]);
});

it("where the database is locked, all of a group hear of it at once: none waits for the lock after another", async () => {
  const { state, write } = table({ begin: new Error("locked") });
  const ends = await Promise.allSettled(["a", "b", "c", "d"].map((name) => write(insert(name))));
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
  // The first alone, then the others together.
  expect(state.tries).toBe(2);
});

it("very many are several groups", async () => {
  const { state, write } = table();
  await Promise.all(Array.from({ length: 250 }, (_, index) => write(insert(`row ${index}`))));
  expect(state.rows).toHaveLength(250);
  expect(state.commits).toBe(1 + Math.ceil(249 / 100));
});
