// Proves that every column a sync or model names is looked for, with the place of the name in the file.
import { expect, it } from "vitest";
import { columnProblems } from "../../../src/config/check-columns.ts";
import type { Column } from "../../../src/contract/value.ts";
import { loadSound, show } from "./project-folder.ts";

const column = (name: string): Column => ({ name, type: "text", nativeType: "VARCHAR", zoned: false, isList: false });

it("finds mapped, match, key and ordering columns that the SELECT does not have", async () => {
  const project = await loadSound({
    "models/people.sql": "/*---\nprimary_key: [id, regoin]\n---*/\nselect 1",
    "syncs/people.yml": `model: people
destination: { connection: crm, object: contacts }
match: [{ email: emial }, { phone: tel }, { name: name }]
on_duplicate_match: { keep: latest, by: updated_ad }
fields:
  firstname: frist_name
  lastname: { column: nope }
  source: { value: x }
  name: name
`,
  });
  const [sync, model] = [project.syncs.get("people"), project.models.get("people")];
  if (sync === undefined || model === undefined) throw new Error("missing");
  const columns = ["id", "region", "email", "name", "first_name", "updated_at"].map(column);
  const listed = "columns: email, first_name, id, name, region, updated_at";
  expect(columnProblems(sync, model, columns).map(show)).toEqual([
    'models/people.sql:2:19 UNKNOWN_COLUMN model "people" has no column "regoin" | did you mean "region"?',
    'syncs/people.yml:3:18 UNKNOWN_COLUMN model "people" has no column "emial" | did you mean "email"?',
    `syncs/people.yml:3:36 UNKNOWN_COLUMN model "people" has no column "tel" | ${listed}`,
    'syncs/people.yml:4:41 UNKNOWN_COLUMN model "people" has no column "updated_ad" | did you mean "updated_at"?',
    'syncs/people.yml:6:14 UNKNOWN_COLUMN model "people" has no column "frist_name" | did you mean "first_name"?',
    `syncs/people.yml:7:23 UNKNOWN_COLUMN model "people" has no column "nope" | ${listed}`,
  ]);
});
