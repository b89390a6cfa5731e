import { type Ended, type Sandbox, sluice, startSandbox } from "../demo/child-commands.ts";
import { type RunFacts, rowsIn, runsOf } from "../demo/run-facts.ts";
import { makePeopleProject } from "./people-project.ts";
import type { Vendor } from "./vendors.ts";

export type Call = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** When it arrived, ms since the epoch. */
  readonly time: number;
};

export type FirstRun = {
  readonly ended: Ended;
  readonly run: RunFacts;
  /** One a sync. */
  readonly runs: readonly RunFacts[];
  /** Every call that the sandbox answered, by arrival. */
  readonly calls: readonly Call[];
  /** When the process was started and was gone, ms since the epoch. */
  readonly spawnedAt: number;
  readonly goneAt: number;
};

/** `sluice run` of a fresh project into a sandbox with nothing in it, each in a process of its own. */
export async function firstRun(
  rows: number,
  tier: string,
  vendor: Vendor,
  after: (sandbox: Sandbox) => Promise<void>,
  syncs = 1,
): Promise<FirstRun> {
  const sandbox = await startSandbox(tier, vendor.name);
  const project = await makePeopleProject(sandbox.url, rows, vendor, syncs);
  try {
    await vendor.prepare(sandbox);
    const spawnedAt = Date.now();
    const ended = await sluice(["run", "--all", "--project", project.dir, "--json"]);
    const goneAt = Date.now();
    const runs = runsOf(ended.stdout);
    const [run] = runs;
    const applied = runs.reduce((sum, one) => sum + rowsIn(one, "applied"), 0);
    if (run === undefined || ended.status !== 0 || applied !== rows)
      throw new Error(`the run did not end well: ${ended.stdout}${ended.stderr}`);
    const log = (await sandbox.control("GET", "requests?since=0")) as Call[];
    const calls = [...log].sort((a, b) => a.time - b.time);
    await after(sandbox);
    return { ended, run, runs, calls, spawnedAt, goneAt };
  } finally {
    await sandbox.stop();
    await project.remove();
  }
}
