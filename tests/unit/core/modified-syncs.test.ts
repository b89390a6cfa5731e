// Proves which syncs count as modified: new ones, other settings, other queries; not other words for people.
import { expect, it } from "vitest";
import type { Project } from "../../../src/contract/project.ts";
import { modifiedSyncs } from "../../../src/core/modified-syncs.ts";
import { sqlHash } from "../../../src/core/sql-hash.ts";
import { loadSound, SYNC } from "../config/project-folder.ts";

const head = (rest: string) => `/*---\nprimary_key: id\n${rest}---*/\n`;
const FILES = {
  "models/people.sql": `${head("")}select 1 as id, 'a@x.example' as email`,
  "models/companies.sql": `${head("")}select 1 as id, 'b@x.example' as email`,
  "models/unwanted.sql": `${head("")}select 'c@x.example' as email, 1 as id`,
  "syncs/people.yml": SYNC,
  "syncs/companies.yml": `${SYNC.replace("model: people", "model: companies")}suppress: unwanted\n`,
};

const recordsOf = ({ syncs, models }: Project) =>
  [...syncs.values()].map((sync) => ({ ...sync, sqlHash: sqlHash(models, sync) }));
const former = recordsOf(await loadSound(FILES));
const modified = async (files: Partial<typeof FILES>) => [
  ...modifiedSyncs(await loadSound({ ...FILES, ...files }), former),
];

it.each<[string, Partial<typeof FILES>, string[]]>([
  ["nothing", {}, []],
  ["settings", { "syncs/people.yml": `${SYNC}on_removed: archive\n` }, ["people"]],
  ["a query", { "models/people.sql": `${head("")}select 2 as id, 'a@x.example' as email` }, ["people"]],
  [
    "the list of people who are never sent",
    { "models/unwanted.sql": `${head("")}select 'd@x.example' as email, 1 as id` },
    ["companies"],
  ],
  [
    "a description, and with it the lines of the head",
    { "models/people.sql": `${head("description: all\n")}select 1 as id, 'a@x.example' as email` },
    [],
  ],
  ["a description of the sync", { "syncs/people.yml": `${SYNC}description: all\n` }, []],
])("where %s changed", async (_, files, wanted) => {
  expect(await modified(files)).toEqual(wanted);
});

it("new syncs are; of one that ran before queries were noted only the settings count", async () => {
  const project = await loadSound(FILES);
  expect([...modifiedSyncs(project, [])].sort()).toEqual(["companies", "people"]);
  const old = former.map((record) => ({ ...record, sqlHash: null }));
  expect([...modifiedSyncs(project, old)]).toEqual([]);
});
