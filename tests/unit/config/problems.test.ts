// Proves that what people get wrong is said with its place, its reason and a way out: the exact texts (style.md rule 4).
import { describe, expect, it } from "vitest";
import { ENV, MODEL, SLUICE, SYNC, shown } from "./project-folder.ts";

type Case = [name: string, files: Record<string, string>, problems: string[]];

const sync = (text: string) => ({ "syncs/people.yml": text });
const mapped = (fields: string) => sync(SYNC.replace("  email: email\n", fields));

const SYNCS: Case[] = [
  [
    "a word of another tool",
    sync(SYNC.replace("fields:", "maping:")),
    [
      'syncs/people.yml:4:1 UNKNOWN_KEY unknown key "maping" | did you mean "fields"? Maps destination fields to model columns.',
    ],
  ],
  [
    "a misspelt key is not also missing",
    mapped("  email: { colum: email }\n"),
    [
      'syncs/people.yml:5:12 UNKNOWN_KEY unknown key "colum" in fields.email | did you mean "column"? The model\'s column.',
    ],
  ],
  [
    "names that do not exist, all at once",
    sync(`${SYNC.replace("people", "peple").replace("crm", "crn")}write: upsrt\n`),
    [
      'syncs/people.yml:1:8 UNKNOWN_MODEL there is no model "peple" | did you mean "people"?',
      'syncs/people.yml:2:28 UNKNOWN_CONNECTION there is no connection "crn" | did you mean "crm"?',
      'syncs/people.yml:6:8 WRONG_VALUE write must be one of upsert, update, insert, append, not "upsrt" | did you mean "upsert"?',
    ],
  ],
  [
    "nothing at all",
    sync("description: hello\n"),
    [
      'syncs/people.yml:1:1 MISSING_KEY missing key "model" | name a file of models/: model: customers',
      'syncs/people.yml:1:1 MISSING_KEY missing key "destination" | destination: { connection: crm, object: contacts }',
      'syncs/people.yml:1:1 MISSING_KEY missing key "match" | say how the record of a row is found: match: { email: email }',
      'syncs/people.yml:1:1 MISSING_KEY missing key "fields" | map at least one field: fields: { email: email }',
    ],
  ],
  [
    "no fields",
    sync(SYNC.replace("fields:\n  email: email", "fields: {}")),
    ["syncs/people.yml:4:1 WRONG_VALUE fields needs at least one field | email: email"],
  ],
  [
    "values of the wrong shape",
    mapped("  a: {}\n  b: [1]\n  c: 5\n  d: { value: null }\n  e: { column: x, on_null: foo }\n"),
    [
      "syncs/people.yml:5:3 MISSING_KEY fields.a needs one of the keys column, value, lookup",
      "syncs/people.yml:6:6 WRONG_VALUE fields.b must be text, {column, on_null, on_blank}, {value} or {lookup, on_missing}, not a list",
      "syncs/people.yml:7:6 WRONG_VALUE fields.c must be text, {column, on_null, on_blank}, {value} or {lookup, on_missing}, not 5",
      "syncs/people.yml:8:15 WRONG_VALUE fields.d.value must be text, a number or true or false, not empty",
      'syncs/people.yml:9:28 WRONG_VALUE fields.e.on_null must be one of clear_ours, write, skip, not "foo"',
    ],
  ],
  [
    "guards",
    sync(`${SYNC}guards: { creatd: 3, changed: 5 %, failed: { row: 3 } }\ntolerate: { rejected: 5 }\n`),
    [
      'syncs/people.yml:6:11 UNKNOWN_KEY unknown key "creatd" in guards | did you mean "created"? New records: default over 1000. off, a number of rows, a share, or {rows, share, max}.',
      "syncs/people.yml:6:31 WRONG_VALUE guards.changed must be a share from 0% to 100%, such as 5% or 0.5%",
      'syncs/people.yml:6:46 UNKNOWN_KEY unknown key "row" in guards.failed | did you mean "rows"? Held only over this many rows.',
      "syncs/people.yml:7:23 WRONG_VALUE tolerate.rejected must be a share from 0% to 100%, such as 5% or 0.5%",
    ],
  ],
  [
    "one field from two columns",
    mapped("  email: work_email\n"),
    [
      'syncs/people.yml:3:17 FIELD_CONFLICT "email" is matched by column "email" but written from column "work_email" | use one column for both, or leave the field out of fields',
    ],
  ],
  [
    "a match entry twice, a field that is not mapped",
    sync(
      `${SYNC.replace("{ email: email }", "[{ email: email }, { email: email }]")}send_together: [[email, emial]]\n`,
    ),
    [
      "syncs/people.yml:3:27 WRONG_VALUE match entry 2 repeats an earlier one | remove it",
      'syncs/people.yml:6:25 UNKNOWN_FIELD send_together names "emial", which fields does not map | did you mean "email"?',
    ],
  ],
  [
    "duplicate policies (S16)",
    sync(`${SYNC}on_duplicate_match: { keep: latest }\n`),
    [
      "syncs/people.yml:6:1 MISSING_KEY on_duplicate_match: keep: latest needs a column | say which: { keep: latest, by: updated_at }",
    ],
  ],
  [
    "a warehouse as destination",
    sync(SYNC.replace("connection: crm", "connection: warehouse")),
    [
      'syncs/people.yml:2:28 NOT_A_DESTINATION connection "warehouse" is no destination: DuckDB is only read | destinations: crm',
    ],
  ],
  [
    "a base that is not there, and one that has a base",
    { ...sync(`${SYNC}extends: _crn.yml\n`), "syncs/_crm.yml": "owner: x\nextends: _y.yml\n" },
    [
      "syncs/_crm.yml:2:1 WRONG_VALUE a file that is extended cannot extend another one | move its keys here",
      'syncs/people.yml:6:10 UNKNOWN_FILE there is no file _crn.yml in syncs/ | did you mean "_crm.yml"?',
    ],
  ],
  [
    "what a later version brings is refused, never ignored",
    {
      ...sync(
        `${SYNC.replace("model: people", "model: dbt.people")}write: append\non_removed: delete\nrecheck_unmatched: 2h\n  `,
      ),
      "models/people.sql": MODEL.replace("primary_key: id", "primary_key: id\nincremental: { cursor: at }"),
      "sluice.yml": `${SLUICE}planner: warehouse\nkeep_plans: 30d\nstate: { url: "postgres://db" }\n`,
    },
    [
      "models/people.sql:3:1 NOT_YET_AVAILABLE incremental models are not yet available | remove the key: the model is read whole",
      "sluice.yml:5:1 NOT_YET_AVAILABLE planner: warehouse is not yet available | remove the line",
      "sluice.yml:6:1 NOT_YET_AVAILABLE keep_plans is not yet available | say keep: { runs: 30, days: 30 }",
      "sluice.yml:7:15 NOT_YET_AVAILABLE state in Postgres is not yet available | use sqlite:.sluice/state.db",
      'syncs/people.yml:1:8 NOT_YET_AVAILABLE the model "dbt.people" is not yet available | write a model file that selects from the table behind it',
      "syncs/people.yml:6:8 NOT_YET_AVAILABLE write: append is not yet available | use upsert, update or insert",
      "syncs/people.yml:7:13 NOT_POSSIBLE HubSpot cannot do on_removed: delete | it can: upsert, create, update, archive",
      "syncs/people.yml:8:20 NOT_YET_AVAILABLE recheck_unmatched other than 24h is not yet available | remove it",
    ],
  ],
  [
    "a lookup and a table",
    sync(
      `${SYNC.replace("model: people", "model: { table: t }")}  owner: { lookup: { object: owners }, on_missing: skip_field }\n`,
    ),
    [
      "syncs/people.yml:1:8 NOT_YET_AVAILABLE a table as model is not yet available | write a model file: select … from the table",
      "syncs/people.yml:6:12 NOT_YET_AVAILABLE lookup is not yet available | join the id in the model's SQL and map the column",
    ],
  ],
  [
    "two syncs that write one field, and two that may both remove (S10)",
    { ...sync(`${SYNC}on_removed: archive\n`), "syncs/others.yml": `${SYNC}on_removed_adopted: archive\n` },
    [
      'syncs/people.yml:5:10 warning SHARED_FIELD sync "others" (syncs/others.yml) writes these of contacts too: email | where both have a record, the later run wins: let one of them write a field',
      'syncs/people.yml:6:13 TWO_REMOVERS sync "others" may remove records of contacts too (syncs/others.yml:1:1) | let one of the two remove, and set on_removed: none in the other, or give both rows one model',
    ],
  ],
  [
    "a first match entry of several fields",
    sync(`${SYNC.replace(/^match: .*$/m, "match: [{ firstname: first, lastname: last }, { email: email }]")}`),
    [
      "syncs/people.yml:3:9 NOT_UNIQUE the first match entry names several fields: it is the key of new records, which is one field | match by one field with unique values first; entries of several fields may follow",
    ],
  ],
  [
    "references where none are resolved",
    sync(`${SYNC.replace("object: contacts", 'object: "${env:OBJECT}"')}  plan: { value: "\${vault:x}" }\n`),
    [
      "syncs/people.yml:2:41 UNKNOWN_REFERENCE references are not available here | they stand in sluice.yml, in { value: … } of a field, and as ${var:…} in a model's SQL",
      'syncs/people.yml:6:18 UNKNOWN_REFERENCE sync "people": "${vault:…}" is not known | there are ${env:…}, ${file:…} and ${var:…}; "$${" is a literal "${"',
    ],
  ],
  [
    "two syncs of one name",
    { "syncs/crm/people.yaml": SYNC },
    [
      'syncs/people.yml:1:1 DUPLICATE_NAME there are two syncs "people": syncs/crm/people.yaml is the other | rename one of the files',
    ],
  ],
];

const PROJECTS: Case[] = [
  [
    "connections",
    {
      "sluice.yml": [
        "version: 2",
        "conections: {}",
        "connections:",
        "  warehouse: { type: duckdb }",
        "  crm: { type: hubspt }",
        "  a: { type: hubspot, access_token: pat-literal }",
        "  b: { type: hubspot, access_token: sandbox }",
        "  c: { type: hubspot, access_token: sandbox, base_url: https://example.com }",
        '  d: { type: hubspot, access_token: "${env:NOPE}", bas_url: x }',
        '  e: { type: hubspot, access_token: "${file:absent}", page_size: 500 }',
        '  f: { type: hubspot, access_token: "${HUBSPOT_TOKEN}" }',
        "  g: { path: x }",
      ].join("\n"),
    },
    [
      "sluice.yml:1:10 WRONG_VALUE version must be 1, not 2",
      'sluice.yml:2:1 UNKNOWN_KEY unknown key "conections" | did you mean "connections"? Accounts of systems by name; secrets only as ${env:NAME} or ${file:PATH}.',
      'sluice.yml:5:16 UNKNOWN_CONNECTION_TYPE connection "crm": unknown type "hubspt" | did you mean "hubspot"?',
      'sluice.yml:6:37 SECRET_LITERAL connection "a": access_token is a secret and must not stand in the file | write "${env:A_ACCESS_TOKEN}" or "${file:PATH}", and change the secret if the file was shared',
      'sluice.yml:7:37 SECRET_LITERAL connection "b": the token "sandbox" is only for a sandbox on this machine | add base_url: http://127.0.0.1:4010, or use the real token: "${env:NAME}"',
      'sluice.yml:8:37 SECRET_LITERAL connection "c": the token "sandbox" is only for a sandbox on this machine | add base_url: http://127.0.0.1:4010, or use the real token: "${env:NAME}"',
      'sluice.yml:9:37 ENV_MISSING connection "d": the environment variable NOPE is not set | set it: export NOPE=…',
      'sluice.yml:9:52 UNKNOWN_KEY connection "d": unknown key "bas_url" | did you mean "base_url"? Another address, for a sandbox.',
      'sluice.yml:10:37 FILE_MISSING connection "e": the file absent cannot be used: it does not exist | put the value into this file, or correct the path (relative to the project, or absolute)',
      'sluice.yml:10:66 WRONG_VALUE connection "e": page_size must be at most 100',
      'sluice.yml:11:37 UNKNOWN_REFERENCE connection "f": "${HUBSPOT_TOKEN}" does not say where to look | write "${env:HUBSPOT_TOKEN}" for an environment variable, or "$${" for a literal "${"',
      'sluice.yml:12:3 MISSING_KEY connection "g": missing key "type" | say what it is: type: duckdb | hubspot',
    ],
  ],
  [
    "an overlay of a connection that is not there, a zone that is none",
    {
      "sluice.yml": `${SLUICE}timezone: Berlin\nenvironments:\n  prod:\n  test: { connections: { crn: { base_url: "http://127.0.0.1:4010" } } }\n`,
    },
    [
      "sluice.yml:5:11 WRONG_VALUE timezone must be the name of a time zone, such as Europe/Berlin or UTC",
      'sluice.yml:8:26 UNKNOWN_CONNECTION environment "test" changes the connection "crn", which there is not | did you mean "crm"?',
    ],
  ],
  [
    "models",
    {
      "models/people.sql": "/*---\nprimry_key: id\n---*/\nselect '${var:x}', ${var:y}, ${env:A}\n",
      "models/a.sql": "select 1",
      "models/b.sql": "/*---\nprimary_key: id\nconnection: crm\n---*/\n",
      "models/c.sql": "/*---\nprimary_key: id\n",
      "models/d.sql": "",
      "models/e f.sql": MODEL,
    },
    [
      "models/a.sql:1:1 NO_FRONT_MATTER the file does not begin with front matter | begin with:  /*---  primary_key: id  ---*/  each on a line of its own",
      "models/b.sql:1:1 EMPTY_FILE the file has no SQL after its front matter | write one SELECT",
      'models/b.sql:3:13 NOT_A_WAREHOUSE connection "crm" is no warehouse: HubSpot cannot run models | warehouses: warehouse',
      "models/c.sql:1:1 NO_FRONT_MATTER the front matter is not closed | end it with a line ---*/",
      "models/d.sql:1:1 EMPTY_FILE the file is empty | write a model, or remove the file",
      'models/e f.sql:1:1 WRONG_NAME "e f" cannot be the name of a model | rename the file: use letters, digits, _ and -, and begin with no -',
      'models/people.sql:2:1 UNKNOWN_KEY unknown key "primry_key" | did you mean "primary_key"? The column, or columns, that name a row across runs.',
      "models/people.sql:4:9 QUOTED_REFERENCE ${var:x} stands within quotes | leave the quotes out: a text is quoted by itself; || joins texts",
      'models/people.sql:4:20 UNKNOWN_VAR there is no var "y" | there are no vars',
      'models/people.sql:4:30 UNKNOWN_REFERENCE "${env:…}" is not available in SQL | declare it under vars: in sluice.yml, and write ${var:…}',
    ],
  ],
  [
    "several warehouses",
    { "sluice.yml": SLUICE.replace("connections:", "connections:\n  lake: { type: duckdb }") },
    [
      'models/people.sql:1:1 MISSING_KEY missing key "connection": there are several warehouses | name one: connection: lake | warehouse',
    ],
  ],
];

describe.each([
  ["a sync", SYNCS],
  ["the project and its models", PROJECTS],
] as const)("%s", (_, cases) => {
  it.each(cases)("%s", async (_name, files, wanted) => {
    expect(await shown(files)).toEqual(wanted);
  });
});

describe("secrets in problems", () => {
  it("never shows a secret, nor what a reference resolved to", async () => {
    const text = `version: 1\nconnections:\n  warehouse: { type: duckdb }\n  crm: { type: hubspot, access_token: "\${env:HUBSPOT_TOKEN}", base_url: "\${env:HUBSPOT_TOKEN}", page_size: "\${env:HUBSPOT_TOKEN}" }\n  a: { type: hubspot, access_token: pat-literal }\n`;
    const problems = (await shown({ "sluice.yml": text })).join("\n");
    expect(problems).not.toContain(ENV["HUBSPOT_TOKEN"]);
    expect(problems).not.toContain("pat-literal");
    expect(problems).toContain("page_size must be a whole number, not this value");
  });
});
