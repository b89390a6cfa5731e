// Proves that a disk which fills up in mid-run lets nothing go out without its stored intent, and that all goes on once there is room.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openState } from "../../src/state/open-state.ts";
import { systemClock } from "../../src/wire.ts";
import { type Stage, stageMaker } from "./stage.ts";
import { targetOf } from "./targets.ts";

const dir = mkdtempSync(join(tmpdir(), "sluice-crash-disk-"));
const disk = join(dir, ".sluice");
mkdirSync(disk);
const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]).status === 0;
/** Who works without the right to mount may go without; a build that says it proved this must have proved it. */
const isOptional = (process.env.CI ?? "") === "";
// Hooks run last first: the disk goes before the stage's folder.
const newStage = stageMaker();
afterAll(() => {
  if (isMounted) spawnSync("umount", ["-l", disk]);
  rmSync(dir, { recursive: true, force: true });
});

const ROWS = 900;
const KB = 1_024;
/** Room that is left: from none, over what the plan takes, to what its delivery takes. */
const ROOM = [0, 64 * KB, 256 * KB, 1_024 * KB];

/** Takes all of the disk but for so many bytes. */
function fill(room: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, "filler"), Buffer.alloc(Math.max(bavail * bsize - room, 0)));
}

/** Rows of the last run that have a stored intent. */
async function intended(stage: Stage, sinceMs: number): Promise<number> {
  const state = await openState({
    file: join(stage.project.dir, ".sluice/state.db"),
    mode: "look",
    clock: systemClock(),
  });
  const runs = await state.runs({ limit: 5 });
  const recent = runs.filter((run) => run.startedAt >= sinceMs);
  const batches = (await Promise.all(recent.map((run) => state.batches(run.id)))).flat();
  await state.close();
  return batches.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0);
}

it.skipIf(!isMounted && isOptional)(
  "a full disk stops the run, never the promise (skipped where mount is not permitted, but for CI)",
  async () => {
    expect(isMounted, "a small disk: CI has to permit mount").toBe(true);
    const stage = await newStage({ target: targetOf("salesforce", "upsert"), rows: ROWS, dir });
    expect(await stage.run()).toMatchObject({ status: 0 });
    const codes: string[] = [];
    for (const room of ROOM) {
      stage.story.goOn({ changes: 0.7, leaves: 0.1 });
      await stage.project.fill(stage.story.people());
      await stage.sandbox.control("DELETE", "requests");
      const startedAt = Date.now();
      fill(room);
      const ended = await stage.run();
      rmSync(join(disk, "filler"));
      const sent = (await stage.writes()).reduce((sum, { rows }) => sum + rows, 0);
      expect(await intended(stage, startedAt), `${room} bytes were left`).toBeGreaterThanOrEqual(sent);
      if (ended.status !== 0) {
        expect(ended.status, `${room}: ${ended.stdout}${ended.stderr}`).toBe(1);
        codes.push(ended.error?.code ?? "");
      }
      expect(await stage.run(), `after ${room} bytes were left`).toMatchObject({ status: 0 });
      expect(await stage.faults(), `after ${room} bytes were left`).toEqual([]);
    }
    expect(await stage.run()).toMatchObject({ status: 0, run: { planned: 0 } });
    // The smallest rooms were too small.
    expect(codes.length).toBeGreaterThanOrEqual(2);
    expect(codes.filter((code) => code === "" || code === "INTERNAL")).toEqual([]);
  },
);
