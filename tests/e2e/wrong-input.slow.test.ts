// Proves that wrong input of every kind ends with exit 2 and a message for people before anything is sent, and wrong rows by S2.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, PEOPLE_SQL, PEOPLE_SYNC, peopleProject, projectFile, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type ErrorDocument, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
let portal: Portal;
beforeAll(async () => {
  portal = await newPortal();
  await portal.addFields("contacts", [
    CUSTOMER_ID,
    { name: "level", type: "enumeration", options: ["gold", "silver"] },
  ]);
});

type Files = Record<string, unknown>;
type Wrong = {
  readonly what: string;
  readonly files?: (url: string) => Files;
  readonly without?: readonly string[];
  readonly args?: readonly string[];
  readonly says: RegExp;
  /** Place of the (first) problem. */
  readonly at?: RegExp;
  readonly code?: string;
};

const sync =
  (keys: object, fields: object = {}): (() => Files) =>
  () => ({
    "syncs/people.yml": { ...PEOPLE_SYNC, ...keys, fields: { ...PEOPLE_SYNC.fields, ...fields } },
  });
const sql =
  (text: string): (() => Files) =>
  () => ({ "models/people.sql": `/*---\nprimary_key: id\n---*/\n${text}\n` });
const crm =
  (keys: object) =>
  (url: string): Files => ({
    "sluice.yml": {
      version: 1,
      connections: { warehouse: { type: "duckdb" }, crm: { type: "hubspot", base_url: url, ...keys } },
    },
  });

const CASES: readonly Wrong[] = [
  {
    what: "an unknown key",
    files: sync({ on_removd: "archive" }),
    says: /unknown key "on_removd".*did you mean "on_removed"/s,
    at: /^syncs\/people\.yml:\d+:\d+$/,
  },
  {
    what: "an unknown key of sluice.yml",
    files: (url) => ({ "sluice.yml": { ...projectFile(url), conections: {} } }),
    says: /unknown key "conections".*did you mean "connections"/s,
    at: /^sluice\.yml:\d+:\d+$/,
  },
  {
    what: "an unknown model",
    files: sync({ model: "peple" }),
    says: /"peple".*people/s,
    at: /^syncs\/people\.yml:\d+:\d+$/,
  },
  {
    what: "an unknown connection",
    files: sync({ destination: { connection: "crn", object: "contacts" } }),
    says: /"crn".*crm/s,
    at: /^syncs\/people\.yml:\d+:\d+$/,
  },
  {
    what: "an unknown column",
    files: sync({}, { firstname: "frist" }),
    says: /"frist".*first/s,
    at: /^syncs\/people\.yml:\d+:\d+$/,
  },
  {
    what: "an unknown primary key column",
    files: sql("select 1 as ident, 'a@example.com' as email, 'a' as first, 'a' as last, 'a' as city"),
    says: /"id"/,
  },
  {
    what: "an unknown field",
    files: sync({}, { frstname: "first" }),
    says: /"frstname".*firstname/s,
    at: /^syncs\/people\.yml:\d+:\d+$/,
  },
  {
    what: "an unknown object",
    files: sync({ destination: { connection: "crm", object: "contcts" } }),
    says: /contcts/,
  },
  {
    what: "a constant that is no option",
    files: sync({}, { level: { value: "glod" } }),
    says: /"?glod"?.*gold/s,
    at: /^syncs\/people\.yml:\d+:\d+$/,
  },
  {
    what: "a read-only field",
    files: sync({}, { createdate: "note" }),
    says: /createdate.*read-only|read-only.*createdate/s,
  },
  {
    what: "a column of the wrong type",
    files: () => ({
      ...sync({}, { numemployees: "first" })(),
      ...sql("select 1 as id, 'a@example.com' as email, true as first, '' as last, '' as city")(),
    }),
    says: /"first" is BOOLEAN.*"numemployees" takes number/s,
  },
  { what: "a match field that is not unique", files: sync({ match: { city: "city" } }), says: /city.*unique/s },
  {
    what: "a missing environment variable",
    files: crm({ access_token: "${env:HUBSPOT_TOKEN}" }),
    says: /HUBSPOT_TOKEN/,
    at: /^sluice\.yml:\d+:\d+$/,
  },
  {
    what: "a literal secret",
    files: crm({ access_token: "pat-eu1-canary", base_url: "https://api.hubapi.com" }),
    says: /access_token/,
    at: /^sluice\.yml:\d+:\d+$/,
  },
  {
    what: "a wrong token",
    files: crm({ access_token: "${file:token.txt}" }),
    says: /token|credential|authent/i,
    code: "AUTH_REFUSED",
  },
  {
    what: "an SQL error",
    files: sql("select id, emial as email,\nfirst, last, city\nfrom read_json('people.json')"),
    says: /emial/,
    at: /^models\/people\.sql:4:/,
    code: "MODEL_INVALID",
  },
  {
    what: "an SQL syntax error",
    files: sql("select id,\n  email\nfrom read_json('people.json'\nwere x"),
    says: /syntax error/i,
    at: /^models\/people\.sql:7:/,
    code: "MODEL_INVALID",
  },
  { what: "two statements", files: sql("select 1 as id; select 2 as id"), says: /one SELECT/i, code: "MODEL_INVALID" },
  {
    what: "a statement that writes",
    files: sql("create table x as select 1 as id"),
    says: /SELECT/,
    code: "MODEL_INVALID",
  },
  {
    what: "a repeated column",
    files: sql("select id, email, first, last, city, city from read_json('people.json')"),
    says: /city/,
  },
  {
    what: "a missing file in the SQL",
    files: sql("select * from read_csv('absent.csv')"),
    says: /absent\.csv/,
    code: "MODEL_INVALID",
  },
  {
    what: "a zero-byte sync",
    files: () => ({ "syncs/people.yml": "" }),
    says: /empty/,
    at: /^syncs\/people\.yml:1:1$/,
  },
  { what: "a zero-byte sluice.yml", files: () => ({ "sluice.yml": "" }), says: /empty/, at: /^sluice\.yml:1:1$/ },
  {
    what: "a zero-byte model",
    files: () => ({ "models/people.sql": "" }),
    says: /empty/,
    at: /^models\/people\.sql:1:1$/,
  },
  {
    what: "broken YAML",
    files: () => ({ "syncs/people.yml": "model: people\nmatch: [\n" }),
    says: /YAML|flow|expected|\]/i,
    at: /^syncs\/people\.yml:\d+:\d+$/,
  },
  { what: "a directory that is no project", without: ["sluice.yml"], says: /sluice\.yml/, code: "NOT_A_PROJECT" },
  { what: "a directory that is not there", args: ["run", "people", "--project", "absent"], says: /absent/ },
  { what: "an unknown environment", args: ["run", "people", "--env", "prd"], says: /"prd"/ },
  { what: "an unknown sync", args: ["run", "poeple"], says: /"poeple".*people/s },
  { what: "an unknown selector", args: ["run", "--select", "tag:nothing"], says: /tag "nothing"/ },
  { what: "no sync at all", args: ["run"], says: /which syncs/ },
  { what: "an unknown option", args: ["run", "people", "--aprove"], says: /--aprove.*--approve/s },
  { what: "an unknown command", args: ["rnu", "people"], says: /rnu/ },
  { what: "a missing argument", args: ["why", "people"], says: /key/ },
  {
    what: "a run that is not known",
    args: ["rows", "20200101-000000-aaaa"],
    says: /20200101-000000-aaaa|nothing has run/,
  },
  { what: "an unknown state of rows", args: ["rows", "last", "--state", "rejectd"], says: /rejectd.*rejected/s },
  { what: "a key that later versions fill", files: sync({ write: "append" }), says: /not yet available/i },
];

describe.concurrent("wrong input", () => {
  it.each(CASES)(
    "says what is wrong: $what",
    async ({ files, without = [], args = ["run", "people"], says, at, code }) => {
      const project = newProject({
        ...peopleProject(portal.url, crowd(3)),
        ...files?.(portal.url),
        "token.txt": "canary-9f2",
      });
      if (without.length > 0) project.remove(...without);
      const { status, stdout, stderr, document } = await project.json<{ error?: ErrorDocument }>(args);
      const { error } = document;
      expect({ status, keys: Object.keys(document) }).toMatchObject({ status: 2 });
      expect(error).toMatchObject({
        code: expect.stringMatching(code ?? /^[A-Z_]+$/),
        message: expect.stringMatching(/\w{3}/),
      });
      const problems = (error?.problems ?? []).map(({ message, fix }) => `${message}\n${fix ?? ""}`);
      expect([error?.message, error?.fix, ...problems].join("\n")).toMatch(says);
      expect(stderr).toMatch(says);
      if (at !== undefined) {
        const [first] = error?.problems ?? [];
        expect(`${first?.file}:${first?.line}:${first?.column}`).toMatch(at);
        expect(stderr).toContain(`${first?.file}:${first?.line}`);
      }
      expect(stdout + stderr).not.toContain("canary");
      expect(stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
    },
  );
});

it("sent nothing in all of it", async () => {
  expect(await portal.writes()).toEqual([]);
  expect(await portal.dump()).toEqual([]);
});

it("tells all problems of all files at once, in file order", async () => {
  const project = newProject({
    ...peopleProject(portal.url, []),
    "models/people.sql": PEOPLE_SQL.replace("primary_key", "primry_key"),
    "syncs/people.yml": { ...PEOPLE_SYNC, owmer: "me", mapping: {}, model: "peple" },
  });
  const { status, stderr, document } = await project.json<{ problems: { file: string; line: number }[] }>(["check"]);
  expect(status).toBe(2);
  expect(document.problems.map((problem) => problem.file)).toEqual([
    "models/people.sql",
    "syncs/people.yml",
    "syncs/people.yml",
    "syncs/people.yml",
  ]);
  for (const word of ["primry_key", "owmer", "mapping", "peple"]) expect(stderr).toContain(word);
});

it("tells what the warehouse and what the destination know at once", async () => {
  const project = newProject({
    ...peopleProject(portal.url, crowd(3)),
    ...sync({}, { firstname: "frist", createdate: "note", level: { value: "glod" } })(),
  });
  const { status, document } = await project.json<{ error: ErrorDocument }>(["run", "people"]);
  expect(status).toBe(2);
  const codes = document.error.problems?.map((problem) => problem.code);
  expect(codes?.sort()).toEqual(["READ_ONLY_FIELD", "UNKNOWN_COLUMN", "UNKNOWN_OPTION"]);
});

it("says that the sandbox's port is in use", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => taken.once("listening", listening));
  const { port } = taken.address() as AddressInfo;
  const ended = await newProject().json<{ error: ErrorDocument }>(["sandbox", "--hubspot-port", String(port)]);
  taken.close();
  expect(ended).toMatchObject({ status: 2, document: { error: { code: "PORT_IN_USE" } } });
  expect(ended.stderr).toContain(String(port));
});

it("lists rows with null and repeated keys as invalid, sends the others, and removes nothing for them", async () => {
  const own = await newPortal();
  await own.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(20);
  const project = newProject(peopleProject(own.url, people, { on_removed: "archive" }));
  expect(await project.run("people")).toMatchObject({ status: 0 });
  const twins = [
    { ...people[3], city: "Bergen" },
    { ...people[3], email: "other@example.com" },
  ];
  const rows = [
    ...people.filter((row) => row.id !== 4),
    ...twins,
    { ...people[0], id: null, email: "null@example.com" },
    { id: 21, email: "p21@example.com", city: "Bergen" },
  ];
  project.write({ "people.json": rows });
  const ended = await project.run("people");
  expect(ended).toMatchObject({
    status: 3,
    run: { state: "partial", created: 1, counts: { read: 23, invalid: 3, unchanged: 19, added: 1, removed: 0 } },
  });
  const listed = await project.json<{ groups: { code: string; count: number }[] }>([
    "rows",
    "last",
    "--state",
    "invalid",
  ]);
  expect(listed.document.groups.map(({ code, count }) => `${code} ${count}`).sort()).toEqual([
    "NULL_KEY 1",
    "REPEATED_KEY 2",
  ]);
  expect(shown(await own.dump())).toEqual(expected([...people, { id: 21, email: "p21@example.com", city: "Bergen" }]));
});
