// Proves that the planner's instance keeps nothing of the files that it has read: a service reads two new ones a run, for months.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openEngine } from "../../../src/planner/duckdb-engine.ts";
import { realClock } from "../../contract/destination/real-clock.ts";

it("what was read from a plan file takes no memory once it was read", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-engine-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const places = { file: join(dir, "planner.duckdb"), workDir: join(dir, "work"), projectDir: dir, directories: [] };
  const engine = await openEngine({ ...places, memoryLimitMb: 256, clock: realClock }, new AbortController().signal);
  onTestFinished(() => engine.close());
  const session = await engine.open();
  for (let run = 0; run < 3; run++) {
    const path = join(dir, "work", `plan-${run}.parquet`);
    await session.run(`copy (select range as seq, uuid() as name from range(20000)) to '${path}' (format parquet)`);
    expect(await session.count(`select count(distinct name) from read_parquet('${path}')`)).toBe(20_000);
  }
  const kept = "select memory_usage_bytes from duckdb_memory() where tag = 'EXTERNAL_FILE_CACHE'";
  expect(await session.count(kept)).toBe(0);
  session.close();
});
