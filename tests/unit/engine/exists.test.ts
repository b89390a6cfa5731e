// Proves that a file counts as absent only where the system says so: what cannot be looked at is not lost (S25).
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exists, sizeOf } from "../../../src/engine/exists.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-exists-"));
});
afterEach(() => rm(dir, { recursive: true }));

test("a file is there with its size, or it is not", async () => {
  const path = join(dir, "file");
  expect([await exists(path), await sizeOf(path)]).toEqual([false, null]);
  await writeFile(path, "abc");
  expect([await exists(path), await sizeOf(path)]).toEqual([true, 3]);
});

test("any other trouble stops instead of counting as absent", async () => {
  await writeFile(join(dir, "file"), "");
  await expect(exists(join(dir, "file", "inside"))).rejects.toMatchObject({ code: "STATE_FAILED" });
  await expect(sizeOf(join(dir, "x".repeat(5_000)))).rejects.toMatchObject({ code: "STATE_FAILED" });
});
