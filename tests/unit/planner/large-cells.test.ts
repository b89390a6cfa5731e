// Proves that a cell of many megabytes costs its own row alone, and nobody where it is not mapped (S2).
import { expect, it, onTestFinished } from "vitest";
import { duckdbSubject } from "../../contract/planner/duckdb-subject.ts";
import { invalid, type SyncSpec, sent, syncOn } from "../../contract/planner/sync.ts";

async function newSync(spec: SyncSpec) {
  const subject = await duckdbSubject();
  onTestFinished(() => subject.close());
  return syncOn(subject, spec);
}

/** Takes 40 MB, of the 256 MB that this planner has. */
const LARGE = "repeat('ö', 20_000_000)";
const ROWS = 1_000;

/** Row 1 has the large cell in one column, row 2 in the next; all other cells are small. */
const model = (columns: readonly string[]): string =>
  `select i::bigint as id, ${columns
    .map((name, index) => `case when i = ${index + 1} then ${LARGE} else 'x' || i end as ${name}`)
    .join(", ")} from range(1, ${ROWS + 1}) t(i)`;

it("a cell of 40 MB is invalid with a reason, whatever its field takes, and its neighbours go", async () => {
  const option = { type: "option", options: Array.from({ length: ROWS }, (_, index) => `x${index + 1}`) } as const;
  const sync = await newSync({ fields: { id: {}, text: { maxLength: 65_536 }, option } });
  const planned = await sync.run(model(["text", "option"]));
  expect(invalid(planned).sort()).toEqual([
    ["INVALID_OPTION", "option", 1],
    ["TOO_LONG", "text", 1],
  ]);
  for (const { message } of planned.facts.invalidGroups) expect(message).toMatch(/^the .{10,100}$/);
  expect(planned.rows).toHaveLength(ROWS - 2);
  expect(sent(planned)["3"]).toEqual({ id: "3", text: "x3", option: "x3" });
});

it("in columns that are not mapped it harms nobody", async () => {
  const sync = await newSync({ fields: { id: {}, text: { maxLength: 65_536 } } });
  const planned = await sync.run(model(["note", "other", "text"]));
  expect(invalid(planned)).toEqual([["TOO_LONG", "text", 1]]);
  expect(planned.rows).toHaveLength(ROWS - 1);
});
