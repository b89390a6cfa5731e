import type {
  CallOperation,
  Destination,
  FindRequest,
  Found,
  Outcome,
  Reply,
  Write,
  WriteBatch,
} from "../contract/destination.ts";
import { Fault } from "../contract/fault.ts";
import type { PlanRow } from "../contract/plan.ts";
import type { Sync } from "../contract/project.ts";
import type { FieldValues } from "../contract/value.ts";
import type { Batch } from "./cut-batches.ts";
import { notSent } from "./not-sent.ts";

/** How one planned row came out, everything considered. `inDoubt` rows were sent and nobody knows. */
export type Settled =
  | {
      readonly kind: "applied";
      readonly remoteId: string;
      readonly created: boolean | null;
      readonly altered: readonly { field: string; sent: string | null; kept: string | null }[];
    }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "transferred"; readonly reason: string }
  | {
      readonly kind: "rejected";
      readonly code: string;
      readonly field: string | null;
      readonly message: string;
      readonly suppressed: boolean;
    }
  | { readonly kind: "deferred"; readonly code: string; readonly message: string }
  | { readonly kind: "inDoubt"; readonly reason: string };

export type SettleContext = {
  readonly sync: Sync;
  /** Wrapped: limited, retrying, bisecting. */
  readonly destination: Destination;
  /** The key of this sync's row that holds a record; null where none does. */
  readonly ownerOf: (remoteIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Told of a refusal that is about no single row (credentials, scopes): nothing of its batch was applied. */
  readonly onFault: (fault: Fault) => void;
};

/**
 * Sends a batch and follows every answer to its end: a create that met a record updates it, a record that is gone is looked
 * for again, a create without an answer is looked up before anything else (S6, S7, S19).
 */
export async function settleBatch(
  context: SettleContext,
  batch: Batch,
  signal: AbortSignal,
): Promise<readonly Settled[]> {
  if (batch.call === null) return batch.rows.map(withoutCall);
  const outcomes = await send(context, batch.call, batch.rows, signal);
  const settled = outcomes.map((outcome) => fromOutcome(outcome));
  await keepingAnswers(() => followExisting(context, batch.rows, outcomes, settled, signal));
  await keepingAnswers(() => followMissing(context, batch, outcomes, settled, signal));
  if (batch.call === "update")
    await keepingAnswers(() => followLostUpdates(context, batch.rows, outcomes, settled, signal));
  if (batch.call === "create")
    await keepingAnswers(() => followLostCreates(context, batch.rows, outcomes, settled, signal));
  return settled;
}

/**
 * A follow-up that fails leaves its rows deferred or in doubt, as they stood; the other rows' answers count all the same.
 * What stopped it (a refused token, a network that is gone) meets the next batch and speaks there.
 */
async function keepingAnswers(follow: () => Promise<void>): Promise<void> {
  try {
    await follow();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

function withoutCall(row: PlanRow): Settled {
  if (row.settled !== null) return { kind: row.settled, reason: row.reason ?? "" };
  return { kind: "applied", remoteId: row.remoteId ?? "", created: false, altered: [] };
}

async function send(
  context: SettleContext,
  call: CallOperation,
  rows: readonly PlanRow[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const writes = rows.map((row): Write => {
    if (row.remoteId !== null) return { by: { id: row.remoteId }, fields: row.fields };
    return { by: { match: row.match[0] ?? {} }, fields: row.fields };
  });
  const reply = await orDeferred(context, { object: context.sync.object, operation: call, writes }, signal);
  return rows.map((_, index) => reply.outcomes[index] ?? { kind: "unknown", reason: "no answer for this row" });
}

/** A write that throws applied nothing (contract): its rows wait for the next run, and the run hears why. */
async function orDeferred(
  context: SettleContext,
  batch: WriteBatch,
  signal: AbortSignal,
): Promise<Pick<Reply, "outcomes">> {
  try {
    return await context.destination.write(batch, signal);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    context.onFault(error);
    return notSent(batch, error.code, error);
  }
}

function fromOutcome(outcome: Outcome): Settled {
  switch (outcome.kind) {
    case "applied":
    case "skipped":
    case "rejected":
    case "deferred":
      return outcome;
    case "unknown":
      return { kind: "inDoubt", reason: outcome.reason };
    case "exists":
    case "missing":
      return { kind: "deferred", code: outcome.kind.toUpperCase(), message: outcome.message };
  }
}

type Target = {
  readonly index: number;
  readonly row: PlanRow;
  readonly remoteId: string;
  readonly fields: FieldValues;
};

/** "Already exists, id N" links and updates, unless another row of this sync holds that record. */
async function followExisting(
  context: SettleContext,
  rows: readonly PlanRow[],
  outcomes: readonly Outcome[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const targets = rows.flatMap((row, index): Target[] => {
    const outcome = outcomes[index];
    return outcome?.kind === "exists" ? [{ index, row, remoteId: outcome.remoteId, fields: row.fields }] : [];
  });
  if (targets.length === 0) return;
  const owners = await context.ownerOf(targets.map((target) => target.remoteId));
  const free: Target[] = [];
  for (const target of targets) {
    const owner = owners.get(target.remoteId);
    if (context.sync.write === "insert")
      settled[target.index] = { kind: "skipped", reason: `record ${target.remoteId} is there already` };
    else if (owner !== undefined && owner !== target.row.key) settled[target.index] = taken(target.remoteId, owner);
    else free.push(target);
  }
  await updateTargets(context, free, settled, signal);
}

function taken(remoteId: string, owner: string): Settled {
  return {
    kind: "rejected",
    code: "RECORD_TAKEN",
    field: null,
    message: `record ${remoteId} has this row's values and belongs to row ${owner}`,
    suppressed: false,
  };
}

/** Updates by id, one record once: of two rows that came to the same record, the second is refused. */
async function updateTargets(
  context: SettleContext,
  targets: readonly Target[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const first = new Map<string, Target>();
  for (const target of targets) {
    const rival = first.get(target.remoteId);
    if (rival === undefined) first.set(target.remoteId, target);
    else settled[target.index] = taken(target.remoteId, rival.row.key);
  }
  const chosen = [...first.values()];
  if (chosen.length === 0) return;
  const writes = chosen.map((target): Write => ({ by: { id: target.remoteId }, fields: target.fields }));
  const reply = await orDeferred(context, { object: context.sync.object, operation: "update", writes }, signal);
  chosen.forEach((target, place) => {
    const outcome = reply.outcomes[place] ?? { kind: "unknown", reason: "no answer for this row" };
    settled[target.index] = outcome.kind === "applied" ? { ...outcome, created: false } : fromOutcome(outcome);
  });
}

/**
 * An update that is never answered may name a record that was merged into another: HubSpot leaves such an id out of its
 * reply. The record that answers for the id now is the row's from here on; an id that nobody answers for is gone (S6).
 */
async function followLostUpdates(
  context: SettleContext,
  rows: readonly PlanRow[],
  outcomes: readonly Outcome[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const lost = rows.flatMap((row, index) =>
    outcomes[index]?.kind === "unknown" && row.remoteId !== null ? [{ row, index, id: row.remoteId }] : [],
  );
  if (lost.length === 0) return;
  const ids = lost.map(({ id }) => id);
  const found = await findAll(context, "recordId", ids, signal);
  const merged = lost.flatMap(({ row, index, id }): Target[] => {
    const survivor = found.get(id)?.[0]?.remoteId;
    return survivor === undefined || survivor === id ? [] : [{ index, row, remoteId: survivor, fields: row.fields }];
  });
  for (const { index, id } of lost.filter((entry) => !found.has(entry.id)))
    settled[index] = { kind: "skipped", reason: `record ${id} is gone from the destination` };
  const owners = await context.ownerOf(merged.map((target) => target.remoteId));
  const free = merged.filter((target) => {
    const owner = owners.get(target.remoteId);
    if (owner === undefined || owner === target.row.key) return true;
    settled[target.index] = taken(target.remoteId, owner);
    return false;
  });
  await updateTargets(context, free, settled, signal);
}

/** The record of a linked row is gone: by the sync's choice the row is let go, looked for again, or made anew (S6). */
async function followMissing(
  context: SettleContext,
  batch: Batch,
  outcomes: readonly Outcome[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const lost = batch.rows
    .map((row, index) => ({ row, index }))
    .filter(({ index }) => outcomes[index]?.kind === "missing");
  if (lost.length === 0) return;
  const letGo = ({ row, index }: { row: PlanRow; index: number }) => {
    settled[index] = { kind: "skipped", reason: `record ${row.remoteId ?? ""} is gone from the destination` };
  };
  if (batch.rows[0]?.change === "removed" || context.sync.onMissingRecord === "skip") {
    lost.forEach(letGo);
    return;
  }
  const found = await lookUp(
    context,
    lost.map(({ row }) => row),
    signal,
  );
  const owners = await context.ownerOf([...found.values()]);
  const targets: Target[] = [];
  const anew: { row: PlanRow; index: number }[] = [];
  for (const { row, index } of lost) {
    const remoteId = found.get(row.key);
    const owner = remoteId === undefined ? undefined : owners.get(remoteId);
    if (remoteId === undefined) anew.push({ row, index });
    else if (owner !== undefined && owner !== row.key) settled[index] = taken(remoteId, owner);
    else targets.push({ index, row, remoteId, fields: withoutNulls(row.payload) });
  }
  if (context.sync.onMissingRecord === "recreate") await recreate(context, anew, settled, signal);
  else anew.forEach(letGo);
  await updateTargets(context, targets, settled, signal);
}

async function recreate(
  context: SettleContext,
  lost: readonly { row: PlanRow; index: number }[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const creatable = lost.filter(({ row }) => row.match[0] !== null && row.match[0] !== undefined);
  if (creatable.length === 0) return;
  const rows = creatable.map(({ row }): PlanRow => ({ ...row, remoteId: null, fields: withoutNulls(row.payload) }));
  const outcomes = await send(context, "upsert", rows, signal);
  creatable.forEach(({ index }, place) => {
    const outcome = outcomes[place];
    if (outcome !== undefined) settled[index] = fromOutcome(outcome);
  });
}

function withoutNulls(fields: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

const CREATE_ATTEMPTS = 3;

/** A create whose answer was lost may have landed: look first, create again only what is certainly not there. */
async function followLostCreates(
  context: SettleContext,
  rows: readonly PlanRow[],
  outcomes: readonly Outcome[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  let lost = rows.map((row, index) => ({ row, index })).filter(({ index }) => outcomes[index]?.kind === "unknown");
  for (let attempt = 0; attempt < CREATE_ATTEMPTS && lost.length > 0 && !signal.aborted; attempt++) {
    const found = await lookUp(
      context,
      lost.map(({ row }) => row),
      signal,
    );
    for (const { row, index } of lost) {
      const remoteId = found.get(row.key);
      if (remoteId !== undefined) settled[index] = { kind: "applied", remoteId, created: null, altered: [] };
    }
    lost = lost.filter(({ row }) => !found.has(row.key));
    if (lost.length === 0) return;
    const again = await send(
      context,
      "create",
      lost.map(({ row }) => row),
      signal,
    );
    lost.forEach(({ index }, place) => {
      const outcome = again[place];
      if (outcome !== undefined) settled[index] = fromOutcome(outcome);
    });
    lost = lost.filter((_, place) => again[place]?.kind === "unknown");
  }
}

/** Record ids of rows by their match list: the first entry that finds exactly one record. Rows without are absent. */
async function lookUp(
  context: SettleContext,
  rows: readonly PlanRow[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const entries = Math.max(0, ...rows.map((row) => row.match.length));
  for (let entry = 0; entry < entries; entry++) {
    const open = rows.filter((row) => !found.has(row.key));
    const byValue = new Map<string, PlanRow>();
    let field: string | null = null;
    for (const row of open) {
      const [name, value] = Object.entries(row.match[entry] ?? {})[0] ?? [];
      if (name === undefined || value === undefined || Object.keys(row.match[entry] ?? {}).length > 1) continue;
      field = name;
      byValue.set(value, row);
    }
    if (field === null) continue;
    for (const [value, records] of await findAll(context, { field }, [...byValue.keys()], signal)) {
      const row = byValue.get(value);
      const [only, ...others] = records;
      if (row !== undefined && only !== undefined && others.length === 0) found.set(row.key, only.remoteId);
    }
  }
  return found;
}

/** Records by value, in as many calls as the destination's `findSize` needs. */
async function findAll(
  context: SettleContext,
  by: FindRequest["by"],
  values: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Found[]>> {
  const found = new Map<string, readonly Found[]>();
  const { findSize } = context.destination.abilities;
  for (let from = 0; from < values.length; from += findSize) {
    const request = { object: context.sync.object, by, values: values.slice(from, from + findSize), fields: [] };
    const reply = await context.destination.find(request, signal);
    for (const [value, records] of reply.found) found.set(value, records);
  }
  return found;
}
