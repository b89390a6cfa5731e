// Proves that a vendor which goes away in mid-run and comes back with what it had costs no row and doubles none.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { startSandbox } from "../demo/child-commands.ts";
import { stageMaker } from "./stage.ts";
import { targetOf } from "./targets.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-crash-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const newStage = stageMaker();

it.each([
  ["hubspot", "upsert"],
  ["salesforce", "insert"],
] as const)("%s, %s", async (vendor, write) => {
  const options = ["--data", join(folder, `${vendor}.json`)];
  const stage = await newStage({ target: targetOf(vendor, write), rows: 4_000, sandboxOptions: options });
  await stage.slow(200);
  const running = stage.start();
  await stage.written(4, running);
  await stage.sandbox.stop();
  await delay(700);
  const port = new URL(stage.sandbox.url).port;
  stage.sandbox = await startSandbox("unlimited", vendor, [...options, `--${vendor}-port`, port]);
  const ended = await running.ended;
  // It went on by itself, or left the rest to the next run; nothing of it counts as refused.
  expect([0, 3]).toContain(ended.status);
  const { run } = JSON.parse(ended.stdout) as { run: { operations: Record<string, { rejected: number }> } };
  expect(Object.values(run.operations).reduce((sum, { rejected }) => sum + rejected, 0)).toBe(0);
  for (let again = 0; again < 3; again++) if ((await stage.run()).status === 0) break;
  expect(await stage.run()).toMatchObject({ status: 0, run: { planned: 0 } });
  expect(await stage.faults()).toEqual([]);
});
