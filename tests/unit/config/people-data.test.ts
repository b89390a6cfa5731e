// Proves how suppress: and keep: are read: a list of people must be a model of the same connection, and how long data stays is said in one place (S27).
import { expect, it } from "vitest";
import { loadSound, loadSync, MODEL, SLUICE, SYNC, shown } from "./project-folder.ts";

const LIST = { "models/blocked.sql": MODEL };

it("suppress is read from the sync, or for every sync from defaults, and decides what is sent", async () => {
  const plain = await loadSync(SYNC);
  expect(plain.suppress).toBeNull();
  const own = await loadSync(`${SYNC}suppress: blocked\n`, LIST);
  const byDefault = await loadSync(SYNC, { ...LIST, "sluice.yml": `${SLUICE}defaults: { suppress: blocked }\n` });
  expect([own.suppress, byDefault.suppress]).toEqual(["blocked", "blocked"]);
  expect(own.configHash).toBe(byDefault.configHash);
  expect(own.configHash).not.toBe(plain.configHash);
});

it.each([
  [
    "no such model",
    LIST,
    "blokced",
    ['syncs/people.yml:6:11 UNKNOWN_MODEL there is no model "blokced" | did you mean "blocked"?'],
  ],
  [
    "a model of another connection",
    {
      "sluice.yml": `${SLUICE.replace("crm:", "other: { type: duckdb }\n  crm:")}`,
      "models/people.sql": MODEL.replace("primary_key", "connection: warehouse\nprimary_key"),
      "models/blocked.sql": MODEL.replace("primary_key", "connection: other\nprimary_key"),
    },
    "blocked",
    [
      'syncs/people.yml:6:11 OTHER_CONNECTION model "blocked" is read from connection "other", the rows of "people" from "warehouse" | give the list of people a model on connection "warehouse"',
    ],
  ],
] as const)("suppress: %s", async (_, files, name, problems) => {
  expect(await shown({ "syncs/people.yml": `${SYNC}suppress: ${name}\n`, ...files })).toEqual(problems);
});

it("keep says how long runs and plans stay; what it does not say is 30", async () => {
  const keep = async (text: string) => (await loadSound({ "sluice.yml": `${SLUICE}${text}` })).keep;
  expect(await keep("")).toEqual({ runs: 30, days: 30 });
  expect(await keep("keep: { days: 7 }\n")).toEqual({ runs: 30, days: 7 });
  expect(await keep("keep: { runs: 5, days: 0 }\n")).toEqual({ runs: 5, days: 0 });
  const [problem] = await shown({ "sluice.yml": `${SLUICE}keep: { runs: 0 }\n` });
  expect(problem).toMatch(/^sluice.yml:5:15 WRONG_VALUE/);
});
