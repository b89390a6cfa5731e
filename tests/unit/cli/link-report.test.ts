// Proves that a link report (S8) says per entry what was found, is safe to open in a spreadsheet, and is written whole, for its owner alone.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { reportCsv, reportPlace, writeReport } from "../../../src/cli/link-report.ts";
import type { LinkedSync } from "../../../src/engine/link-sync.ts";

const LINKED: LinkedSync = {
  sync: "people",
  unlinked: 5,
  linked: 2,
  taken: 0,
  calls: 3,
  confirmed: null,
  searches: 0,
  entries: [
    { fields: ["customer_id"], found: 0, several: 0 },
    { fields: ["first", "last"], found: 2, several: 1 },
  ],
  found: [{ key: "1", entry: 1, record: "901" }],
  ambiguous: [{ key: '=2","x', entry: 1, message: "2 records", count: 2, records: ["902", "903"] }],
  regained: 0,
  none: 2,
  unfound: ["-4", "five"],
};
const dir = mkdtempSync(join(tmpdir(), "sluice-report-"));
afterAll(() => rmSync(dir, { recursive: true }));

test("CSV has one line an example; a key that looks like a formula is none", () => {
  expect(reportCsv([LINKED])).toBe(
    [
      "sync,entry,result,rows,key,records",
      "people,first + last,found,2,1,901",
      'people,first + last,several,1,"\'=2"",""x",902 903',
      "people,,none,2,-4,",
      "people,,none,2,five,",
      "",
    ].join("\r\n"),
  );
});

test("JSON puts the examples under their entry, replaces what stood there, and leaves nothing beside it", async () => {
  const path = join(dir, "report.json");
  writeFileSync(path, "old", { mode: 0o644 });
  await writeReport(await reportPlace(path), [LINKED]);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
    links: [
      {
        sync: "people",
        linked: 2,
        regained: 0,
        none: 2,
        none_examples: [{ key: "-4" }, { key: "five" }],
        entries: [
          { found: 0, found_examples: [], several_examples: [] },
          {
            fields: ["first", "last"],
            found: 2,
            several: 1,
            found_examples: [{ key: "1", record: "901" }],
            several_examples: [{ count: 2, records: ["902", "903"] }],
          },
        ],
      },
    ],
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(["report.json"]);
});

test.each([
  ["report.txt", /no form of report/],
  ["nowhere/report.csv", /folder of .* is not there/],
])("%s is refused before anything is linked", async (file, message) => {
  await expect(reportPlace(join(dir, file))).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringMatching(message),
  });
});
