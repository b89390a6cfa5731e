// Proves the parts that every vendor's sandbox shares: window, log, seeded order, data file.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dataFile } from "../../../src/kit/sandbox/data-file.ts";
import { requestLog } from "../../../src/kit/sandbox/request-log.ts";
import { rollingWindow } from "../../../src/kit/sandbox/rolling-window.ts";
import { mixedSeed, seededRandom, shuffled } from "../../../src/kit/sandbox/seeded-random.ts";

test("a rolling window lets through exactly what a full count of the past would", () => {
  const random = seededRandom(11);
  const window = rollingWindow(5, 100);
  const accepted: number[] = [];
  let nowMs = 0;
  for (let call = 0; call < 5_000; call++) {
    nowMs += Math.floor(random() * 40);
    const recent = accepted.filter((at) => nowMs - at < 100).length;
    expect(window.remaining(nowMs)).toBe(5 - recent);
    expect(window.take(nowMs)).toBe(recent < 5);
    if (recent < 5) accepted.push(nowMs);
  }
  window.clear();
  expect(window.remaining(nowMs)).toBe(5);
});

test("a request log keeps the last entries in order and no more than its capacity", () => {
  const log = requestLog(10);
  for (let time = 0; time < 35; time++) log.add({ method: "GET", path: "/", status: 200, ms: 0, rows: 0, time });
  expect(log.since(0).map((entry) => entry.time)).toEqual([25, 26, 27, 28, 29, 30, 31, 32, 33, 34]);
  expect(log.since(33)).toHaveLength(2);
  log.clear();
  expect(log.since(0)).toEqual([]);
});

test("seeded numbers repeat for a seed, differ for its neighbour, and shuffle without loss", () => {
  const numbers = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 100 }, () => random());
  };
  expect(numbers(1)).toEqual(numbers(1));
  expect(numbers(1)).not.toEqual(numbers(2));
  for (const number of numbers(3)) expect(number >= 0 && number < 1).toBe(true);
  const items = Array.from({ length: 50 }, (_, index) => index);
  const mixed = shuffled(items, seededRandom(4));
  expect(mixed).not.toEqual(items);
  expect(mixed.toSorted((a, b) => a - b)).toEqual(items);
  const seeds = new Set(Array.from({ length: 1_000 }, (_, index) => mixedSeed(1, 4_000 + index)));
  expect(seeds.size).toBe(1_000);
});

test("a data file is written whole under its name, and only where something was touched", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "kept.json");
  let content = 1;
  const file = dataFile(path, () => ({ content }));
  expect(file.load()).toBeNull();
  file.flush();
  expect(await readdir(folder)).toEqual([]);
  file.touch();
  content = 2;
  file.flush();
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ content: 2 });
  expect(await readdir(folder)).toEqual(["kept.json"]);
  expect(file.load()).toEqual({ content: 2 });
});
