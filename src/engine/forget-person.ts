import type { StateStore } from "../contract/state.ts";
import { rowCount } from "../core/count-text.ts";
import { eraseRecords, type PersonRecord, personRecords, type RecordEnd } from "./forget-records.ts";
import { hashesOf, refuseUnfinished, type SyncTraces, searchPerson, type Wanted } from "./forget-search.ts";
import { namesIn, plansDir } from "./memory-files.ts";
import { planPath } from "./plan-path.ts";
import type { RunOptions } from "./run-options.ts";
import { underLease } from "./under-lease.ts";
import type { Workbench } from "./workbench.ts";

export type ForgetOptions = Pick<RunOptions, "holder" | "isDead" | "who"> & {
  /** Leaves the destinations alone. */
  readonly keepRecords: boolean;
  /** Also records that were there before us. */
  readonly adoptedToo: boolean;
};

/** What one environment knows of a person, in numbers, and what became or would become of it. */
export type Forgetting = {
  readonly environment: string;
  readonly at: number;
  /** False for a preview, and where a destination kept a record that should go: then nothing else was forgotten. */
  readonly done: boolean;
  readonly syncs: readonly ForgottenInSync[];
  readonly records: readonly RecordEnd[];
  /** Salted SHA-256 by which the person is kept out from now on. */
  readonly hashes: readonly string[];
  /** Folders beside the memory that still hold what it held. */
  readonly asides: readonly string[];
};

export type ForgottenInSync = {
  readonly sync: string;
  readonly hasFile: boolean;
  readonly rows: number;
  readonly plans: number;
  readonly planRows: number;
  readonly refusals: number;
  readonly notes: number;
  readonly sentences: number;
  readonly holds: number;
};

/** Says what is known of a person and where; changes nothing. Faults: USAGE, SYNC_BUSY, what the destinations say. */
export async function lookAtPerson(
  bench: Workbench,
  state: StateStore,
  wanted: Wanted,
  options: ForgetOptions,
  signal: AbortSignal,
): Promise<Forgetting> {
  const { found, records } = await look(bench, state, wanted, options, signal);
  const shown = records.map(({ erase: _, kept, ...of }): RecordEnd => {
    return {
      ...of,
      end: kept !== null || of.terms === null ? "kept" : of.terms.word,
      why: kept ?? of.terms?.remark ?? null,
    };
  });
  return report(bench, found, shown, [], false);
}

/**
 * Forgets a person in this environment, in an order that may be cut short anywhere and repeated:
 *
 * 1. Their hashes: from here on no plan sends them, whatever the warehouse gives.
 * 2. Their records. Only while the memory still knows these can a second try find them; so where one cannot be let go of, it ends here.
 * 3. Snapshot rows, plans, refusals, notes and holds, each sync under its lease.
 * 4. The audit line, without key or value; then both files are written anew, so that nothing can be read in their free space. The
 *    planner is closed by that.
 */
export async function forgetPerson(
  bench: Workbench,
  state: StateStore,
  wanted: Wanted,
  options: ForgetOptions,
  signal: AbortSignal,
): Promise<Forgetting> {
  const { found, records } = await look(bench, state, wanted, options, signal);
  const hashes = await hashesOf(state, wanted, found, bench.clock.now());
  await state.putForgotten(hashes);
  const ends = await eraseRecords(records, signal);
  const isComplete = ends.every(({ end }) => end !== "failed");
  if (isComplete) {
    for (const traces of found) await forgetInSync(bench, state, traces, options, signal);
    await dropNobodysPlans(bench, state);
  }
  const names = [...new Set(hashes.map(({ hash }) => hash))];
  const done = await report(bench, found, ends, names, isComplete);
  await state.audit({
    ...{ at: done.at, who: options.who, act: "forget", sync: null, run: null },
    detail: auditText(done),
  });
  if (!isComplete) return done;
  await state.compact();
  await bench.planner.rewriteAndClose();
  return done;
}

async function look(
  bench: Workbench,
  state: StateStore,
  wanted: Wanted,
  options: ForgetOptions,
  signal: AbortSignal,
): Promise<{ found: SyncTraces[]; records: PersonRecord[] }> {
  const found = await searchPerson(bench, state, wanted);
  for (const { sync } of found) await refuseUnfinished(state, sync);
  const records = options.keepRecords ? [] : await personRecords(bench, state, found, options, signal);
  return { found, records };
}

async function forgetInSync(
  bench: Workbench,
  state: StateStore,
  { sync, traits, traces, plans }: SyncTraces,
  options: ForgetOptions,
  signal: AbortSignal,
): Promise<void> {
  await underLease(
    bench,
    state,
    sync,
    options,
    async (lease) => {
      await refuseUnfinished(state, sync);
      for (const { run, path } of plans)
        await bench.planner.blankPlan(path, traits, traces.placeholder, async (sha256) => {
          const stored = await state.run(run);
          if (stored?.planSha256 != null) await state.patchRun(lease, run, { planSha256: sha256 });
        });
      await state.forgetRows(lease, traces);
      // Last: as long as the row is there, a second try finds all the rest by it.
      await bench.planner.forgetRows(lease, traits.keys);
    },
    signal,
  );
}

/** Plans whose run is not known any more belong to nobody; nobody would ever look through them again. */
async function dropNobodysPlans(bench: Workbench, state: StateStore): Promise<void> {
  const runs = (await namesIn(plansDir(bench.project))).map((name) => name.replace(/\..*$/, ""));
  for (const run of new Set(runs))
    if ((await state.run(run)) === null) await bench.planner.dropPlan(planPath(bench.project, run));
}

async function report(
  bench: Workbench,
  found: readonly SyncTraces[],
  records: readonly RecordEnd[],
  hashes: readonly string[],
  done: boolean,
): Promise<Forgetting> {
  const { environment, workDir } = bench.project;
  const asides = (await namesIn(workDir)).filter((name) => name.startsWith("before-restore-"));
  const syncs = found.map(({ sync, file, rows, plans, stored }): ForgottenInSync => {
    const planRows = plans.reduce((sum, plan) => sum + plan.rows, 0);
    return { sync, hasFile: file !== null, rows: rows.length, plans: plans.length, planRows, ...stored };
  });
  return { environment, at: bench.clock.now(), done, syncs, records, hashes, asides };
}

/** The record ids stay out of it, too: they lead to the person for as long as the destination keeps anything. */
function auditText({ syncs, records, hashes, done }: Forgetting): string {
  const rows = syncs.reduce((sum, one) => sum + one.rows, 0);
  const plans = syncs.reduce((sum, one) => sum + one.plans, 0);
  const went = records.filter(({ end }) => end !== "kept" && end !== "failed").length;
  const what = `${rowCount(rows)}, ${plans} plans, ${went} of ${records.length} records`;
  const names = hashes.map((hash) => hash.slice(0, 16)).join(" ");
  return `${done ? "forgot" : "could not forget yet:"} ${what}; sha256 ${names}`;
}
