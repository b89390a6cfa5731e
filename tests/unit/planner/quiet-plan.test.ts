// Proves that a plan that finds nothing costs few statements: a service makes tens of them a second.
import { DuckDBConnection } from "@duckdb/node-api";
import { expect, it, onTestFinished, vi } from "vitest";
import { duckdbSubject } from "../../contract/planner/duckdb-subject.ts";
import { rowsSql } from "../../contract/planner/subject.ts";
import { syncOn } from "../../contract/planner/sync.ts";

/** What a plan that finds nothing takes today, with the two of who asks for it here, and two to spare. */
const MOST = 14;

it("where nothing differs a plan makes no tables for rows", async () => {
  const subject = await duckdbSubject();
  onTestFinished(() => subject.close());
  const sync = syncOn(subject, { match: [{ email: "email" }], onRemoved: { kind: "archive" } });
  const model = (name: string) =>
    rowsSql({ id: "bigint", email: "text", name: "text" }, [
      ["1", "a@x.example", name],
      ["2", "b@x.example", "B"],
    ]);
  await sync.run(model("A"));
  const run = vi.spyOn(DuckDBConnection.prototype, "run");
  onTestFinished(() => run.mockRestore());
  const statementsOf = async (sql: string): Promise<number> => {
    run.mockClear();
    await sync.plan(sql);
    return run.mock.calls.length;
  };
  // The first one of a process makes the empty plan that the others copy.
  await sync.plan(model("A"));
  const nothing = await statementsOf(model("A"));
  const made = run.mock.calls
    .map(([sql]) => String(sql))
    .filter((sql) => /\btemp table sluice_(due|changes)\b/.test(sql));
  expect(made).toEqual([]);
  expect(nothing).toBeLessThanOrEqual(MOST);
  expect(await statementsOf(model("Z"))).toBeGreaterThan(2 * MOST);
});
