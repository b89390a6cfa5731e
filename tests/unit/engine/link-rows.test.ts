// Proves that rows are looked for by the match list in order, in full pages, and that several records are never guessed at (S7).
import { expect, test } from "vitest";
import type { CompiledMapping } from "../../../src/contract/mapping.ts";
import type { Link, PlanSession, Unlinkable, UnlinkedRow } from "../../../src/contract/planner.ts";
import type { Sync } from "../../../src/contract/project.ts";
import { columnOf } from "../../../src/core/duckdb-sql.ts";
import { linkRows } from "../../../src/engine/link-rows.ts";
import { ANY_OBJECT, aSync, running } from "../delivery/samples.ts";
import { scriptedDestination } from "../delivery/scripted-destination.ts";

const part = (field: string) => ({ field, column: columnOf(field, "VARCHAR"), matchForm: "exact" as const });
const MAPPING: CompiledMapping = {
  primaryKey: [columnOf("id", "BIGINT")],
  fields: [],
  match: [[part("ext")], [part("email")]],
  sendTogether: [],
};

async function link(
  rows: readonly UnlinkedRow[],
  seeds: readonly Record<string, string>[],
  sync: Partial<Sync> = {},
  findSize = 100,
) {
  const questions: string[][] = [];
  const world = scriptedDestination({ find: (values) => questions.push([...values]) }, { searchSize: () => findSize });
  for (const seed of seeds) world.seed(seed);
  const links: Link[] = [];
  const unlinkable: Unlinkable[] = [];
  const session = {
    unlinked: async (from: number, limit: number) => rows.slice(from, from + limit),
    link: async (found: readonly Link[], refused: readonly Unlinkable[]) => {
      links.push(...found);
      unlinkable.push(...refused);
    },
  };
  const parts = { sync: aSync(sync), mapping: MAPPING, object: ANY_OBJECT, destination: world.destination };
  const report = await linkRows(session as unknown as PlanSession, parts, running());
  return { links, unlinkable, questions, report };
}

const row = (key: string, ext: string | null, email: string | null): UnlinkedRow => ({
  key,
  match: [ext === null ? null : { ext }, email === null ? null : { email }],
});

test("a row whose record may be there still is asked for by its id first, and only what answers as itself is its own", async () => {
  const { links, questions, report } = await link(
    [
      { ...row("1", "E9", "new@x"), formerId: "1" },
      { ...row("2", "E2", "b@x"), formerId: "77" },
      row("3", "E3", "c@x"),
    ],
    [{ ext: "E1" }, { ext: "E9" }, { email: "b@x" }],
  );
  expect(links.map(({ key, remoteId }) => [key, remoteId])).toEqual([
    ["1", "1"],
    ["2", "3"],
  ]);
  expect(questions).toEqual([
    ["1", "77"],
    ["E2", "E3"],
    ["b@x", "c@x"],
  ]);
  expect(report).toMatchObject({ regained: 1, entries: [{ found: 0 }, { found: 1 }], none: 1 });
});

test("the first entry that finds a record wins, the next is asked only for the rest", async () => {
  const { links, questions } = await link(
    [row("1", "E1", "a@x"), row("2", "E2", "b@x"), row("3", null, "c@x"), row("4", "E4", null)],
    [{ ext: "E1" }, { email: "a@x" }, { email: "b@x" }, { email: "c@x" }],
  );
  expect(links.map(({ key, entry, remoteId }) => [key, entry, remoteId])).toEqual([
    ["1", 0, "1"],
    ["2", 1, "3"],
    ["3", 1, "4"],
  ]);
  expect(questions).toEqual([
    ["E1", "E2", "E4"],
    ["b@x", "c@x"],
  ]);
});

test.each([
  ["reject", null],
  ["oldest", "1"],
  ["newest", "10"],
] as const)("several records, on_ambiguous %s: %s", async (onAmbiguous, remoteId) => {
  const seeds = [{ ext: "E1" }, ...Array.from({ length: 8 }, () => ({ ext: "other" })), { ext: "E1" }];
  const { links, unlinkable } = await link([row("1", "E1", "a@x")], seeds, { onAmbiguous });
  expect(links.map((one) => one.remoteId)).toEqual(remoteId === null ? [] : [remoteId]);
  if (remoteId === null)
    expect(unlinkable).toEqual([{ key: "1", code: "AMBIGUOUS_MATCH", message: "2 records have this ext: 1, 10" }]);
});

test("every value is asked for once, in questions of at most the size the vendor takes", async () => {
  const rows = Array.from({ length: 25 }, (_, index) => row(`${index}`, `E${index % 20}`, null));
  const { questions } = await link(rows, [], {}, 7);
  expect(questions.map((values) => values.length).sort()).toEqual([6, 7, 7]);
  expect(new Set(questions.flat()).size).toBe(20);
});
