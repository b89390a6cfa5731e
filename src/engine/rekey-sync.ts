import { Fault } from "../contract/fault.ts";
import type { KeyTrouble, RekeyFacts, RekeyRequest, RekeySession, SnapshotMeta } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import type { KeyMove, Lease, StateStore } from "../contract/state.ts";
import { amount, count, rowCount } from "../core/count-text.ts";
import { keyParts, namedKey } from "../core/key.ts";
import { hint } from "../core/suggest.ts";
import { newMeter } from "../delivery/gate.ts";
import { giveUpRuns } from "./give-up-run.ts";
import { keyWords, type PreparedSync, prepareAnyKey } from "./prepare-sync.ts";
import { putSync } from "./put-sync.ts";
import type { RunOptions } from "./run-options.ts";
import { takeOver } from "./take-over.ts";
import { underLease } from "./under-lease.ts";
import { unfinishedRekey } from "./unfinished-rekey.ts";
import type { Workbench } from "./workbench.ts";

/** What a rekey carries over. */
export type Rekey = {
  readonly sync: string;
  /** Keys as `name:family`; `was` is null where nothing is remembered of the sync. */
  readonly was: readonly string[] | null;
  readonly now: readonly string[];
  /** The model's columns that give the former key. */
  readonly from: readonly string[];
  /** null where there is nothing to carry over: the key is as it was. */
  readonly facts: RekeyFacts | null;
  readonly refusals: number;
  /** Of these: never tried again. */
  readonly suppressed: number;
  readonly holds: number;
  /** A rekey was interrupted; it is taken back before anything else. */
  readonly isUnfinished: boolean;
};

/** Model columns that hold the former key; null takes those of its names. */
export type FormerColumns = readonly string[] | null;

/**
 * Says what a rekey would carry over; changes nothing. Faults: USAGE where the model does not give the former key,
 * KEY_TYPE_CHANGED where its rows cannot be told apart by the former or the new one.
 */
export async function previewRekey(
  bench: Workbench,
  sync: Sync,
  from: FormerColumns,
  signal: AbortSignal,
): Promise<Rekey> {
  const prepared = await prepareAnyKey(bench, sync, newMeter(), signal);
  return withRekey(bench, prepared, from, async ({ rekey }) => rekey, signal);
}

/**
 * Carries snapshot and refusals over to the model's present key, so that a plan finds no more than it would have found under
 * the former one (S1). Repeating it after a crash mends what was left half done.
 */
export async function rekeySync(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  from: FormerColumns,
  options: Pick<RunOptions, "holder" | "isDead" | "who">,
  signal: AbortSignal,
): Promise<Rekey> {
  await takeOver(bench, state, sync, options);
  const work = async (lease: Lease, kept: AbortSignal): Promise<Rekey> => {
    // Interrupted runs know their rows by the former key.
    await giveUpRuns(bench, state, lease);
    const prepared = await prepareAnyKey(bench, sync, newMeter(), kept);
    const carry = async (found: Found): Promise<Rekey> => {
      await carryOver(bench, state, lease, prepared, found, options.who);
      return found.rekey;
    };
    return withRekey(bench, prepared, from, carry, kept);
  };
  return underLease(bench, state, sync.name, options, work, signal);
}

type Found = {
  readonly rekey: Rekey;
  readonly undo: readonly KeyMove[] | null;
  readonly session: RekeySession | null;
};

async function withRekey<T>(
  bench: Workbench,
  prepared: PreparedSync,
  from: FormerColumns,
  work: (found: Found) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { sync, meta, snapshotName } = prepared;
  const now = namedKey(prepared.mapping.primaryKey);
  const undo = await unfinishedRekey.undo(bench.state, meta);
  const { refused, suppressed } = await readRefusals(bench.state, snapshotName, undo ?? []);
  const holds = (await bench.state?.holds(snapshotName, bench.clock.now()))?.length ?? 0;
  const known = { sync: sync.name, now, refusals: refused.length, suppressed, holds, isUnfinished: undo !== null };
  if (meta === null || JSON.stringify(meta.key) === JSON.stringify(now))
    return work({ rekey: { ...known, was: meta?.key ?? null, from: [], facts: null }, undo, session: null });
  const former = formerColumns(prepared, meta, from);
  const session = await bench.planner.rekey({
    sync: snapshotName,
    local: prepared.local,
    sql: prepared.model.sql,
    former,
    primaryKey: prepared.mapping.primaryKey,
    refused,
  });
  try {
    const facts = await session.stage(signal);
    checkFacts(known, meta, facts);
    const columns = former.map(({ column }) => column.name);
    return await work({ rekey: { ...known, was: meta.key, from: columns, facts }, undo, session });
  } finally {
    await session.close();
  }
}

async function readRefusals(state: StateStore | null, sync: string, undo: readonly KeyMove[]) {
  const former = new Map(undo.map(({ from, to }) => [from, to]));
  const refused: string[] = [];
  let suppressed = 0;
  if (state === null) return { refused, suppressed };
  for await (const page of state.rejects(sync))
    for (const { key, nextTryAt } of page) {
      refused.push(former.get(key) ?? key);
      if (nextTryAt === null) suppressed++;
    }
  return { refused, suppressed };
}

function formerColumns({ sync, model, columns }: PreparedSync, meta: SnapshotMeta, from: FormerColumns) {
  const parts = keyParts(meta.key);
  const names = from ?? parts.map(({ name }) => name);
  const was = `the key of "${sync.name}" was ${keyWords(meta.key)}`;
  if (names.length !== parts.length)
    throw new Fault("USAGE", `${was}, and --from names ${amount(names.length, "column")}`, {
      fix: `name ${amount(parts.length, "column")} of the model, in this order, separated by commas; nothing was changed`,
    });
  const former: RekeyRequest["former"][number][] = [];
  const missing: string[] = [];
  parts.forEach(({ family }, index) => {
    const name = names[index] ?? "";
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) missing.push(name);
    else former.push({ column, family });
  });
  if (missing.length === 0) return former;
  const which = missing.map((name) => `"${name}"`).join(", ");
  const message = `${was}, and model "${model.name}" has no ${missing.length === 1 ? "column" : "columns"} ${which}`;
  const present = columns.map(({ name }) => name);
  const beside = "select the old key column once more beside the new one, or name the column that holds it with --from";
  const fix = from === null ? beside : hint(missing[0] ?? "", present, "columns");
  throw new Fault("USAGE", message, { fix: `${fix}; nothing was changed` });
}

/** All of it or nothing: a row that cannot be told apart would take over, or lose, another row's record. */
function checkFacts({ sync, now }: Pick<Rekey, "sync" | "now">, meta: SnapshotMeta, facts: RekeyFacts): void {
  const { rows, carried, ambiguous, withoutKey, repeated } = facts;
  const troubles = [
    trouble(ambiguous, "former key", "in several rows of the model each"),
    trouble(withoutKey, "known row", "without a new key"),
    trouble(repeated, "known row", "with a new key that another row has too"),
  ].filter((text) => text !== null);
  const refuse = (why: string, fix: string) =>
    new Fault("KEY_TYPE_CHANGED", `"${sync}" cannot go from ${keyWords(meta.key)} to ${keyWords(now)}: ${why}`, {
      fix: `${fix}; nothing was changed`,
    });
  if (troubles.length > 0)
    throw refuse(troubles.join("; "), "correct the model, so that each former key and each new key stands in one row");
  if (rows > 0 && carried === 0)
    throw refuse(
      `no row of the model has a former key that the snapshot knows (${rowCount(rows)})`,
      `name the columns that hold the former key with --from, or start over with \`sluice reset ${sync}\``,
    );
}

function trouble({ rows, examples }: KeyTrouble, noun: string, what: string): string | null {
  if (rows === 0) return null;
  const shown = examples.map(exampleText).join(", ");
  return `${amount(rows, noun)} ${what} (${shown}${rows > examples.length ? " …" : ""})`;
}

const EXAMPLE_WIDTH = 60;

/** Keys are what people typed, and may be anything. */
function exampleText(key: string): string {
  const cut = key.length > EXAMPLE_WIDTH ? `${key.slice(0, EXAMPLE_WIDTH)}…` : key;
  return cut.replace(/[\p{C}\u2028\u2029]+/gu, "\ufffd");
}

/**
 * The refusals first: as long as the snapshot has its former key, no run begins, so that a suppressed row is never sent
 * because of a crash in between. What was moved stands beside them until the planner's half is done.
 */
async function carryOver(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  prepared: PreparedSync,
  { rekey, undo, session }: Found,
  who: string,
): Promise<void> {
  const { meta } = prepared;
  if (meta === null || (session === null && undo === null)) return;
  const name = unfinishedRekey.settingOf(lease.sync);
  const detail = session === null ? "an interrupted rekey taken back" : detailOf(rekey);
  await state.audit({ at: bench.clock.now(), who, act: "rekey", sync: lease.sync, run: null, detail });
  if (undo !== null) await state.moveRejects(lease, undo, { name, value: "" });
  if (session === null) return;
  const moves = await session.moves();
  await state.moveRejects(lease, moves, { name, value: unfinishedRekey.text(meta, moves) });
  await session.commit(lease.epoch);
  await putSync(bench, state, prepared, lease);
  await state.putSetting(name, "");
}

function detailOf({ was, now, from, facts, refusals, holds }: Rekey): string {
  const rows = `${rowCount(facts?.carried ?? 0)} carried over, ${count(facts?.left ?? 0)} left behind`;
  const rest = `${amount(refusals, "refusal")} moved, ${amount(holds, "hold")} dropped`;
  return `${keyWords(was ?? [])} to ${keyWords(now)} by ${from.join(", ")}: ${rows}; ${rest}`;
}
