// Proves that a model of 2,000 columns is planned like any other, within the memory that a run has: few of them mapped, or as many as fit.
import { expect, it, onTestFinished, vi } from "vitest";
import { duckdbSubject } from "../../contract/planner/duckdb-subject.ts";
import { syncOn } from "../../contract/planner/sync.ts";

vi.setConfig({ testTimeout: 120_000 });

/** As `engine/open-memory.ts` opens the planner. */
const MEMORY_MB = 512;
const ROWS = [1, 2, 3, 4, 5];
const COLUMNS = Array.from({ length: 2_000 }, (_, index) => `c${index}`);

const model = (changed: string): string =>
  `select i::bigint as id, ${COLUMNS.map((name) => `'${name === changed ? "new" : name} ' || i as ${name}`).join(", ")}
    from range(1, ${ROWS.length + 1}) t(i)`;

it.each([
  ["2", ["c7", "c1999"]],
  // As many properties as HubSpot lets an object have.
  ["1,000", COLUMNS.slice(-1_000)],
])("%s of 2,000 columns are mapped: all is sent once, then only what changed, then nothing", async (_, mapped) => {
  const subject = await duckdbSubject(MEMORY_MB);
  onTestFinished(() => subject.close());
  const sync = syncOn(subject, { fields: Object.fromEntries(["id", ...mapped].map((name) => [name, {}])) });
  const first = await sync.run(model(""));
  expect(first.rows).toHaveLength(ROWS.length);
  expect(first.rows[4]?.fields).toEqual({ id: "5", ...Object.fromEntries(mapped.map((name) => [name, `${name} 5`])) });
  const second = await sync.run(model("c1999"));
  expect(second.rows.map(({ fields }) => fields)).toEqual(ROWS.map((row) => ({ c1999: `new ${row}` })));
  expect((await sync.plan(model("c1999"))).facts.counts).toMatchObject({ unchanged: ROWS.length, changed: 0 });
});
