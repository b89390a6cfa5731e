// Proves which syncs a command means, and that a name or selector that fits nothing is refused with a hint.
import { describe, expect, it } from "vitest";
import { Fault } from "../../../src/contract/fault.ts";
import { type Selection, selectSyncs } from "../../../src/core/select.ts";
import { loadSound, SYNC } from "../config/project-folder.ts";

const project = await loadSound({
  "models/companies.sql": "/*---\nprimary_key: id\n---*/\nselect 1 as id",
  "syncs/people.yml": `${SYNC}tags: [crm, hourly]\n`,
  "syncs/companies.yml": `${SYNC.replace("model: people", "model: companies")}tags: [crm]\n`,
  "syncs/plain.yml": SYNC,
});

const pick = (selection: Partial<Selection>) =>
  selectSyncs(project, { names: [], selectors: [], all: false, ...selection }).map((sync) => sync.name);

describe("selectSyncs", () => {
  it.each<[Partial<Selection>, string[]]>([
    [{}, []],
    [{ all: true }, ["companies", "people", "plain"]],
    [{ names: ["people"] }, ["people"]],
    [{ names: ["people", "people"] }, ["people"]],
    [{ selectors: ["tag:crm"] }, ["companies", "people"]],
    [{ selectors: ["tag:hourly", "model:companies"] }, ["companies", "people"]],
    [{ selectors: ["connection:crm"] }, ["companies", "people", "plain"]],
    [{ names: ["plain"], selectors: ["tag:hourly"] }, ["people", "plain"]],
  ])("%j means %j", (selection, wanted) => {
    expect(pick(selection)).toEqual(wanted);
  });

  it("state:modified means those that are given", () => {
    expect(pick({ selectors: ["state:modified"], modified: new Set(["plain", "gone"]) })).toEqual(["plain"]);
    expect(pick({ selectors: ["state:modified", "tag:hourly"], modified: new Set() })).toEqual(["people"]);
  });

  it.each<[Partial<Selection>, string, string]>([
    [{ names: ["peple"] }, 'there is no sync "peple"', 'did you mean "people"?'],
    [{ selectors: ["tag:crn"] }, 'no sync has the tag "crn"', 'did you mean "crm"?'],
    [{ selectors: ["tags:crm"] }, '"tags:crm" is no selector', "write tag:NAME"],
    [{ selectors: ["people"] }, '"people" is no selector', "write tag:NAME, connection:NAME or model:NAME"],
    [
      { selectors: ["state:modified"] },
      '"state:modified" is no selector',
      "write tag:NAME, connection:NAME or model:NAME",
    ],
    [
      { selectors: ["state:new"], modified: new Set() },
      '"state:new" is no selector',
      "write tag:NAME, connection:NAME or model:NAME, or state:modified",
    ],
    [{ selectors: ["tag:"] }, '"tag:" is no selector', "write tag:NAME"],
    [{ all: true, names: ["people"] }, "--all stands alone", "leave out the names and --select, or leave out --all"],
  ])("%j is refused", (selection, message, fix) => {
    try {
      pick(selection);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      expect([error.code, error.message, error.fix]).toEqual(["USAGE", message, fix]);
    }
  });
});
