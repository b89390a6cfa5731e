import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { Portal } from "./portal.ts";
import type { Project, Running } from "./project.ts";

type Moment = {
  readonly path?: string;
  /** Calls of the path that are answered before. */
  readonly answered?: number;
  readonly env?: Readonly<Record<string, string>>;
};

/** `sluice run people` as kill -9 leaves it in mid-delivery: the calls that were on their way landed, and nobody heard of it. */
export async function killInMidRun(project: Project, portal: Portal, moment: Moment = {}): Promise<void> {
  const { path = "/batch/upsert", answered = 0, env = {} } = moment;
  await portal.hold(path, answered);
  const running = project.start(["run", "people"], env);
  await callsHeld(portal, running);
  running.child.kill("SIGKILL");
  expect((await running.ended).signal).toBe("SIGKILL");
  await portal.noFaults();
}

/** Until the first of the held calls has come, or so many of them. */
export async function callsHeld(portal: Portal, running: Running, count = 1): Promise<void> {
  while ((await portal.held()) < count) {
    if (running.child.exitCode !== null) throw new Error(`it ended before that: ${(await running.ended).stderr}`);
    await delay(20);
  }
}
