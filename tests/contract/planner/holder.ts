/** A process of its own: `holder.ts FOLDER hold` opens the planner and keeps it; `plan` writes plans of it until it is killed. */
import { join } from "node:path";
import { openPlanner } from "../../../src/planner/open-planner.ts";
import { fakeClock } from "../state/fake-clock.ts";

const [folder = "", act] = process.argv.slice(2);
const signal = new AbortController().signal;
const workDir = join(folder, "work");
const planner = await openPlanner(
  {
    file: join(workDir, "planner.duckdb"),
    workDir,
    projectDir: folder,
    directories: [],
    memoryLimitMb: 256,
    clock: fakeClock(),
  },
  signal,
);
process.stdout.write("ready\n");
const column = { name: "id", type: "integer", nativeType: "BIGINT", zoned: false, isList: false } as const;
const field = {
  field: "id",
  type: "text",
  from: { column },
  timezone: null,
  options: null,
  maxLength: null,
  onNull: "clear_ours",
  onBlank: "as_null",
} as const;
for (let plan = 0; act === "plan"; plan++) {
  const session = await planner.plan({
    sync: "people",
    model: "people",
    account: "1",
    object: "contacts",
    local: { path: null },
    sql: `select n as id from range(${plan}, ${plan + 200000}) t(n)`,
    mapping: {
      primaryKey: [column],
      fields: [field],
      match: [[{ field: "id", column, matchForm: "exact" }]],
      sendTogether: [],
    },
    write: "upsert",
    onRemoved: { kind: "none" },
    onRemovedAdopted: { kind: "none" },
    onDuplicateMatch: { policy: "reject" },
    onMissingRecord: "rematch",
    resend: false,
    keysOnly: false,
    forwardOnly: false,
    keepsRemovals: false,
    suppress: { list: null, forgotten: [] },
    rejects: (async function* () {})(),
    nowMs: 0,
    recheckUnmatchedMs: 0,
  });
  await session.stage(signal);
  await session.build(false, signal);
  const file = await session.write(join(workDir, "plans", `p${plan}.parquet`), signal);
  await session.commit(1);
  await session.close();
  process.stdout.write(`${file.path} ${file.sha256}\n`);
}
setInterval(() => undefined, 1_000);
