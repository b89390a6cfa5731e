import { createHash, randomBytes } from "node:crypto";
import { Fault } from "../contract/fault.ts";
import type { PersonRow, PersonTraits, SnapshotMeta } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import { RUN_STATES } from "../contract/run.ts";
import type { Forgotten, ForgottenRows, StateStore, Traces } from "../contract/state.ts";
import { keyFromInput } from "../core/key.ts";
import { hint } from "../core/suggest.ts";
import { tellingWords } from "../planner/find-person.ts";
import { planPath } from "./plan-path.ts";
import type { Workbench } from "./workbench.ts";

/** Who is to be forgotten: a row of one sync, somebody with this match value in any, or both. */
export type Wanted = {
  readonly row: { readonly sync: string; readonly key: string } | null;
  readonly value: string | null;
};

/** What one sync knows of a person. */
export type SyncTraces = {
  readonly sync: string;
  /** null where the file is gone. */
  readonly file: Sync | null;
  readonly meta: SnapshotMeta | null;
  readonly rows: readonly PersonRow[];
  readonly traits: PersonTraits;
  readonly plans: readonly { readonly run: string; readonly path: string; readonly rows: number }[];
  readonly stored: ForgottenRows;
  readonly traces: Traces;
};

const MOST_RUNS = 1_000_000;
const ENDED = ["succeeded", "partial", "failed", "cancelled", "blocked"];
const UNFINISHED = RUN_STATES.filter((state) => !ENDED.includes(state));
/** The setting with which all hashes of forgotten people are salted. */
const SALT = "forgotten salt";

/** Looks through snapshots, plans, refusals and notes of every sync. Faults: USAGE for a sync that nobody knows. */
export async function searchPerson(bench: Workbench, state: StateStore, wanted: Wanted): Promise<SyncTraces[]> {
  const metas = await bench.planner.metas();
  const names = new Set([
    ...bench.project.syncs.keys(),
    ...metas.map((meta) => meta.sync),
    ...(await state.syncs()).map(({ name }) => name),
  ]);
  if (wanted.row !== null && !names.has(wanted.row.sync))
    throw new Fault("USAGE", `there is no sync "${wanted.row.sync}", and nothing is remembered of one`, {
      fix: hint(wanted.row.sync, names, "syncs"),
    });
  const found: SyncTraces[] = [];
  for (const name of [...names].sort()) {
    if (wanted.value === null && wanted.row?.sync !== name) continue;
    const meta = metas.find((one) => one.sync === name) ?? null;
    const traces = await searchSync(bench, state, wanted, name, meta);
    if (isKnown(traces)) found.push(traces);
  }
  return found;
}

function isKnown({ rows, plans, stored }: SyncTraces): boolean {
  return rows.length + plans.length + stored.refusals + stored.notes + stored.sentences > 0;
}

async function searchSync(
  bench: Workbench,
  state: StateStore,
  wanted: Wanted,
  name: string,
  meta: SnapshotMeta | null,
): Promise<SyncTraces> {
  const file = bench.project.syncs.get(name) ?? null;
  const parts =
    meta?.key.length ?? (file === null ? 1 : (bench.project.models.get(file.model)?.primaryKey.length ?? 1));
  const keys = new Set(wanted.row?.sync === name ? [keyFromInput(wanted.row.key, parts)] : []);
  const values = new Set(wanted.value === null ? [] : [wanted.value]);
  // Without the file nobody knows the match fields: an address is one wherever it stands.
  const fields = file?.match.flat().map(({ field }) => field) ?? (wanted.value?.includes("@") === true ? null : []);
  const traitsNow = (): PersonTraits => ({ keys: [...keys], values: [...values], fields });
  const rows = await bench.planner.findPerson(name, traitsNow());
  const paths = (await state.runs({ sync: name, limit: MOST_RUNS })).map(({ id }) => ({
    run: id,
    path: planPath(bench.project, id),
  }));
  // Rows that were refused stand in no snapshot: their plans tell whose they were.
  const asked = traitsNow();
  const others = new Set(rows.flatMap((row) => row.values));
  for (const { key } of rows) keys.add(key);
  for (const { path } of paths) {
    const inPlan = await bench.planner.findInPlan(path, asked);
    for (const key of inPlan.keys) keys.add(key);
    for (const value of inPlan.values) others.add(value);
  }
  for (const value of others) values.add(value);
  const traits = traitsNow();
  const plans: SyncTraces["plans"][number][] = [];
  for (const { run, path } of paths) {
    const { rows: count } = await bench.planner.findInPlan(path, traits);
    if (count > 0) plans.push({ run, path, rows: count });
  }
  const traces: Traces = {
    keys: traits.keys,
    words: tellingWords(traits.values),
    placeholder: parts === 1 ? "forgotten" : JSON.stringify(Array(parts).fill("forgotten")),
    plans: plans.map(({ run }) => run),
  };
  return { sync: name, file, meta, rows, traits, plans, traces, stored: await state.countRows(name, traces) };
}

/** The plan of a run that has not ended must stay as it is. Fault: SYNC_BUSY. */
export async function refuseUnfinished(state: StateStore, sync: string): Promise<void> {
  const [run] = await state.runs({ sync, states: UNFINISHED, limit: 1 });
  if (run === undefined) return;
  throw new Fault(
    "SYNC_BUSY",
    `run ${run.id} of "${sync}" has not ended (${run.state}), and its plan holds this person`,
    {
      fix: `\`sluice resume ${sync}\` brings it to its end; then forget. Nothing was forgotten`,
    },
  );
}

/**
 * By what the person is kept out from now on: the value that was named, everywhere; keys and match values that were found, in their
 * own sync.
 */
export async function hashesOf(
  state: StateStore,
  wanted: Wanted,
  found: readonly SyncTraces[],
  nowMs: number,
): Promise<Forgotten[]> {
  const salt = (await state.setting(SALT)) ?? randomBytes(32).toString("hex");
  await state.putSetting(SALT, salt);
  const hash = (text: string): string =>
    createHash("sha256")
      .update(salt + text)
      .digest("hex");
  const of = (sync: string | null, trait: Forgotten["trait"], text: string): Forgotten => {
    return { sync, trait, hash: hash(text), salt, at: nowMs };
  };
  const values = (sync: string | null, value: string): Forgotten[] =>
    value.trim() === "" ? [] : [of(sync, "exact", value), of(sync, "lower", value.trim().toLowerCase())];
  const own = wanted.row;
  return [
    ...(wanted.value === null ? [] : values(null, wanted.value)),
    ...(own === null || found.some(({ sync }) => sync === own.sync) ? [] : [of(own.sync, "key", own.key)]),
    ...found.flatMap(({ sync, traits }) => [
      ...traits.keys.map((key) => of(sync, "key", key)),
      ...traits.values.filter((value) => value !== wanted.value).flatMap((value) => values(sync, value)),
    ]),
  ];
}
