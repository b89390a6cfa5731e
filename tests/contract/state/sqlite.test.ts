// Proves that the SQLite state store is a state store.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StateStore } from "../../../src/contract/state.ts";
import { openState } from "../../../src/state/open-state.ts";
import { fakeClock } from "./fake-clock.ts";
import { aRun } from "./samples.ts";
import { stateSuite } from "./suite.ts";

stateSuite("SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-state-"));
  const clock = fakeClock();
  const open: StateStore[] = [];
  return {
    connect: async () => {
      const store = await openState({ file: join(folder, "state.db"), mode: "create", clock });
      open.push(store);
      return store;
    },
    advance: clock.advance,
    remove: async () => {
      for (const store of open) await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

test("gives a whole copy of itself away while another connection writes, and refuses to write over one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-state-"));
  const clock = fakeClock();
  const store = await openState({ file: join(folder, "state.db"), mode: "create", clock });
  const other = await openState({ file: join(folder, "state.db"), mode: "open", clock });
  await store.putSetting("before", "1");
  await Promise.all([store.copyTo(join(folder, "copy.db")), other.putSetting("during", "1")]);
  await expect(store.copyTo(join(folder, "copy.db"))).rejects.toMatchObject({ code: "STATE_FAILED" });
  const copy = await openState({ file: join(folder, "copy.db"), mode: "look", clock });
  expect(await copy.setting("before")).toBe("1");
  expect(await copy.inspect("full")).toEqual([]);
  for (const one of [store, other, copy]) await one.close();
  await rm(folder, { recursive: true });
});

test("names pages that are torn and rows whose parent is gone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-state-"));
  const clock = fakeClock();
  const file = join(folder, "state.db");
  const store = await openState({ file, mode: "create", clock });
  const attempt = await store.acquire("people", "a", 60_000, () => false);
  if (!attempt.ok) throw new Error("the lease is taken");
  await store.createRun(attempt.lease, aRun({ id: "r1" }));
  await store.recordIntents(attempt.lease, [{ run: "r1", fromSeq: 0, toSeq: 9 }]);
  await store.close();
  const Database = createRequire(import.meta.url)("libsql") as new (file: string) => Sqlite;
  const raw = new Database(file);
  raw.exec("pragma foreign_keys = off; delete from run");
  const { rootpage } = raw.prepare("select rootpage from sqlite_master where name = 'audit'").get();
  raw.pragma("wal_checkpoint(truncate)");
  raw.close();
  const orphaned = await openState({ file, mode: "look", clock });
  expect(await orphaned.inspect("quick")).toEqual([]);
  expect(await orphaned.inspect("full")).toEqual([
    expect.stringContaining('rows of "batch" that name no row of "run"'),
  ]);
  await orphaned.close();
  const bytes = await readFile(file);
  bytes.fill(0xff, (rootpage - 1) * 4_096, (rootpage - 1) * 4_096 + 12);
  await writeFile(file, bytes);
  const torn = await openState({ file, mode: "look", clock });
  const found = await torn.inspect("quick").catch((error: unknown) => [String(error)]);
  expect(found).not.toEqual([]);
  await torn.close();
  await rm(folder, { recursive: true });
});

type Sqlite = {
  exec(sql: string): void;
  pragma(text: string): unknown;
  prepare(sql: string): { get(): { rootpage: number } };
  close(): void;
};
