import { columnProblems } from "../config/check-columns.ts";
import { inFileOrder, placeOf, problem } from "../config/problem.ts";
import type { RemoteObject } from "../contract/destination.ts";
import { Fault, type Problem } from "../contract/fault.ts";
import type { CompiledMapping } from "../contract/mapping.ts";
import type { SnapshotMeta, SuppressList } from "../contract/planner.ts";
import type { Model, Sync } from "../contract/project.ts";
import type { Column } from "../contract/value.ts";
import type { LocalDatabase } from "../contract/warehouse.ts";
import { compileMapping } from "../core/compile-mapping.ts";
import { compileSuppress } from "../core/compile-suppress.ts";
import { keyParts, namedKey } from "../core/key.ts";
import type { Meter } from "../delivery/gate.ts";
import type { OpenAccount } from "./accounts.ts";
import { troubleOfHalves } from "./compare-halves.ts";
import { unfinishedRekey } from "./unfinished-rekey.ts";
import { modelOf, type Workbench } from "./workbench.ts";

/** A sync whose files, warehouse and destination agree: everything a plan needs, and nothing has been sent. */
export type PreparedSync = {
  readonly sync: Sync;
  readonly model: Model;
  /** All that the model gives, mapped or not. */
  readonly columns: readonly Column[];
  readonly local: LocalDatabase;
  readonly mapping: CompiledMapping;
  /** People never to be sent; null where the sync names no list. */
  readonly suppress: SuppressList | null;
  readonly account: OpenAccount;
  readonly object: RemoteObject;
  readonly meta: SnapshotMeta | null;
  /** The name under which the snapshot stands; another than the sync's where it was renamed. */
  readonly snapshotName: string;
  /** What is legal and likely not meant. */
  readonly warnings: readonly Problem[];
};

/** Faults: CONFIG_INVALID with all that is wrong, DESTINATION_CHANGED, KEY_TYPE_CHANGED, and what warehouse and destination say. */
export async function prepareSync(
  bench: Workbench,
  sync: Sync,
  meter: Meter,
  signal: AbortSignal,
): Promise<PreparedSync> {
  const prepared = await prepareAnyKey(bench, sync, meter, signal);
  await checkKey(bench, prepared);
  return prepared;
}

/** As {@link prepareSync}, whatever primary key the snapshot has: for whoever is about to change that. */
export async function prepareAnyKey(
  bench: Workbench,
  sync: Sync,
  meter: Meter,
  signal: AbortSignal,
): Promise<PreparedSync> {
  const model = modelOf(bench.project, sync);
  const warehouse = await bench.warehouse(model.connection);
  const columns = await describeModel(model, () => warehouse.describe(model.sql, signal));
  const unknown = columnProblems(sync, model, columns);
  const asked = await askDestination(bench, sync, meter, signal).catch((error: unknown) => {
    if (unknown.length === 0 || signal.aborted || !(error instanceof Fault)) throw error;
    return error;
  });
  if (asked instanceof Fault) throw refusal([...unknown, problemOf(sync, asked)], sync.name);
  const { account, snapshotName, meta, object } = asked;
  const timezone = model.timezone ?? bench.project.timezone;
  const { mapping, problems } = compileMapping({ sync, model, columns, object, timezone });
  const errors = [...unknown, ...problems].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw refusal(errors, sync.name);
  if (mapping === null) throw new Fault("INTERNAL", `the mapping of "${sync.name}" could not be compiled`);
  if (warehouse.local === null)
    throw new Fault("NOT_YET_AVAILABLE", `connection "${model.connection}" cannot be read by the local planner yet`, {
      fix: "use a duckdb connection",
    });
  const suppress = await readSuppressList(bench, sync, mapping, signal);
  const warnings = problems.filter(({ severity }) => severity === "warning");
  const { local } = warehouse;
  return { sync, model, columns, local, mapping, suppress, account, object, meta, snapshotName, warnings };
}

async function readSuppressList(
  bench: Workbench,
  sync: Sync,
  mapping: CompiledMapping,
  signal: AbortSignal,
): Promise<SuppressList | null> {
  if (sync.suppress === null) return null;
  const list = bench.project.models.get(sync.suppress);
  if (list === undefined) throw new Fault("CONFIG_INVALID", `sync "${sync.name}" suppresses by no known model`);
  const warehouse = await bench.warehouse(list.connection);
  const columns = await describeModel(list, () => warehouse.describe(list.sql, signal));
  const compiled = compileSuppress(sync, list, columns, mapping);
  if ("severity" in compiled) throw refusal([compiled], sync.name);
  return compiled;
}

type Asked = Pick<PreparedSync, "account" | "snapshotName" | "meta" | "object">;

async function askDestination(bench: Workbench, sync: Sync, meter: Meter, signal: AbortSignal): Promise<Asked> {
  const account = await bench.accounts.open(sync.connection, meter, signal);
  const snapshot = await findSnapshot(bench, sync, account);
  const object = await account.describe(sync.object, namedFields(sync), meter, signal);
  return { account, ...snapshot, object };
}

/** Every field that the sync names; some make a destination ask further (a parent's fields, picklists by record type). */
function namedFields({ fields, match, onRemoved, onRemovedAdopted }: Sync): string[] {
  const set = [onRemoved, onRemovedAdopted].flatMap((removal) =>
    removal.kind === "set" ? Object.keys(removal.fields) : [],
  );
  return [...new Set([...fields.map((part) => part.field), ...match.flat().map((part) => part.field), ...set])].sort();
}

/** The database's own words about a model's SQL, under the name and line of its file. */
async function describeModel<T>(model: Model, describe: () => Promise<T>): Promise<T> {
  try {
    return await describe();
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "MODEL_INVALID") throw error;
    const line = Number(/\bline (\d+)/i.exec(error.message)?.[1] ?? 1);
    const invalid = {
      severity: "error",
      file: model.source.file,
      line,
      column: 1,
      code: error.code,
      message: error.message,
      fix: error.fix,
    } as const;
    throw new Fault("MODEL_INVALID", `${model.source.file}:${line}  ${error.message}`, {
      problems: [invalid],
      cause: error,
      ...(error.fix === null ? {} : { fix: error.fix }),
    });
  }
}

/** All that is wrong with a sync, told at once. */
function refusal(errors: readonly Problem[], sync: string): Fault {
  const problems = inFileOrder(errors);
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return new Fault("CONFIG_INVALID", `sync "${sync}" has ${count}`, {
    problems,
    fix: "correct the files; nothing was sent",
  });
}

/** What the destination answered, beside problems of the files. */
function problemOf(sync: Sync, { code, message, fix }: Fault): Problem {
  return problem(placeOf(sync.source, ["destination"]), code, message, fix);
}

/** Which snapshot is this sync's, and does it belong to this account and object (S11)? */
async function findSnapshot(
  bench: Workbench,
  sync: Sync,
  { account }: OpenAccount,
): Promise<{ snapshotName: string; meta: SnapshotMeta | null }> {
  const metas = await bench.planner.metas();
  await checkGenerations(bench, sync, metas);
  const own = metas.find((meta) => meta.sync === sync.name);
  const former = metas.find((meta) => meta.sync === sync.renamedFrom && !bench.project.syncs.has(meta.sync));
  const meta = own ?? former ?? null;
  if (meta === null) {
    const orphan = metas.find(
      (candidate) =>
        !bench.project.syncs.has(candidate.sync) &&
        candidate.account === account.id &&
        candidate.object === sync.object,
    );
    if (orphan !== undefined && sync.renamedFrom !== false)
      throw new Fault(
        "SYNC_RENAMED",
        `"${sync.name}" is new, and the snapshot of "${orphan.sync}" (${orphan.object}, the same account) has no file any more: was it renamed?`,
        {
          fix: `say "renamed_from: ${orphan.sync}" in ${sync.source.file} to take its snapshot over, or "renamed_from: false" for a new sync; nothing was sent`,
        },
      );
    return { snapshotName: sync.name, meta: null };
  }
  if (meta.account !== account.id)
    throw new Fault(
      "DESTINATION_CHANGED",
      `connection "${sync.connection}" now reaches ${account.label}; the snapshot of "${sync.name}" belongs to account ${meta.account}`,
      {
        fix: "restore the former credentials, or give the other account a sync (or an environment) of its own; nothing was sent",
      },
    );
  if (meta.object !== sync.object)
    throw new Fault(
      "DESTINATION_CHANGED",
      `"${sync.name}" now names object ${sync.object}; its snapshot is of ${meta.object}`,
      {
        fix: "give the other object a sync of its own; nothing was sent",
      },
    );
  return { snapshotName: meta.sync, meta };
}

async function checkGenerations(bench: Workbench, sync: Sync, metas: readonly SnapshotMeta[]): Promise<void> {
  if (bench.state === null) return;
  const names = [sync.name, ...(typeof sync.renamedFrom === "string" ? [sync.renamedFrom] : [])];
  const records = await bench.state.syncs(names);
  const leases = await bench.state.leases(names);
  const name = records.some((record) => record.name === sync.name) ? sync.name : sync.renamedFrom;
  const trouble = troubleOfHalves({
    record: records.find((candidate) => candidate.name === name),
    lease: leases.find((candidate) => candidate.sync === name),
    meta: metas.find((candidate) => candidate.sync === name),
  });
  if (trouble !== null) throw trouble;
}

/** Rows are known by their key: under another one every row would look new, and refusals would be nobody's (S1). */
async function checkKey(bench: Workbench, { sync, meta, mapping }: PreparedSync): Promise<void> {
  if (meta === null) return;
  const now = namedKey(mapping.primaryKey);
  if (JSON.stringify(now) !== JSON.stringify(meta.key))
    throw new Fault(
      "KEY_TYPE_CHANGED",
      `the primary key of "${sync.name}" was ${keyWords(meta.key)} and is ${keyWords(now)}`,
      {
        fix: `\`sluice rekey ${sync.name}\` carries its snapshot over to the new key; or give the key in the model's SQL as it was; nothing was sent`,
      },
    );
  if ((await unfinishedRekey.undo(bench.state, meta)) !== null)
    throw new Fault(
      "STATE_MISMATCH",
      `a rekey of "${sync.name}" was interrupted: its refusals have other keys than its rows`,
      {
        fix: `\`sluice rekey ${sync.name} --yes\` mends it; nothing was sent`,
      },
    );
}

/** A key for people: "(country text, no number)". */
export function keyWords(key: readonly string[]): string {
  return `(${keyParts(key)
    .map(({ name, family }) => `${name} ${family}`)
    .join(", ")})`;
}
