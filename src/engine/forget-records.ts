import type { Destination, ErasureTerms, Outcome, RemoteObject } from "../contract/destination.ts";
import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { Origin } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";
import { findBy } from "../core/match-entry.ts";
import { newMeter } from "../delivery/gate.ts";
import type { SyncTraces } from "./forget-search.ts";
import type { Workbench } from "./workbench.ts";

/** A person's record in a destination, and what is to become of it. */
export type PersonRecord = {
  readonly connection: string;
  /** For people. */
  readonly account: string;
  readonly object: string;
  readonly record: string;
  /** `found`: no row of ours had it, only its match value. */
  readonly origin: Origin | "found";
  readonly terms: ErasureTerms | null;
  /** Why it stays; null where it goes. */
  readonly kept: string | null;
  erase(signal: AbortSignal): Promise<Outcome>;
};

/** How it ended; `why` for those that stay or could not be reached. */
export type RecordEnd = Omit<PersonRecord, "erase" | "kept"> & {
  readonly end: ErasureTerms["word"] | "kept" | "failed";
  readonly why: string | null;
};

const MOST_TRIES = 4;
const FIRST_PAUSE_MS = 1_000;

/**
 * The records of a person: those of the rows, and those that their match values find. Only records that we made go by themselves;
 * the others belong to the people of the CRM. Faults: what the destinations say, DESTINATION_CHANGED.
 */
export async function personRecords(
  bench: Workbench,
  state: StateStore,
  found: readonly SyncTraces[],
  options: { readonly adoptedToo: boolean },
  signal: AbortSignal,
): Promise<PersonRecord[]> {
  const records = new Map<string, PersonRecord>();
  for (const traces of found) {
    const { file } = traces;
    if (file === null) continue;
    const { account, object, destination } = await reach(bench, traces, file, signal);
    const aliases = await state.aliases(account.id, file.object);
    const ids = new Map<string, Origin | "found">();
    for (const { remoteId, origin } of traces.rows)
      if (remoteId !== null) ids.set(follow(aliases, remoteId), origin ?? "unknown");
    for (const id of await lookUp(traces, file, object, destination, signal)) if (!ids.has(id)) ids.set(id, "found");
    for (const [record, origin] of ids) {
      const name = JSON.stringify([account.id, file.object, record]);
      if (records.get(name)?.origin === "created") continue;
      const { erasure } = destination;
      const terms = erasure?.terms(file.object) ?? null;
      const stays = terms === null ? "this destination lets go of no records" : originWord(origin, options.adoptedToo);
      records.set(name, {
        ...{
          connection: file.connection,
          account: account.label,
          object: file.object,
          record,
          origin,
          terms,
          kept: stays,
        },
        erase: (until) => eraseOne(bench, destination, file.object, record, until),
      });
    }
  }
  return [...records.values()];
}

function originWord(origin: Origin | "found", adoptedToo: boolean): string | null {
  if (origin === "created" || adoptedToo) return null;
  const whose = origin === "unknown" ? "nobody knows whether it was there before us" : "it was there before us";
  return `${whose}; --adopted-too erases it, too`;
}

async function reach(bench: Workbench, { meta, sync }: SyncTraces, file: Sync, signal: AbortSignal) {
  const meter = newMeter();
  const open = await bench.accounts.open(file.connection, meter, signal);
  if (meta !== null && meta.account !== open.account.id)
    throw new Fault(
      "DESTINATION_CHANGED",
      `connection "${file.connection}" now reaches ${open.account.label}; the records of "${sync}" are in account ${meta.account}`,
      {
        fix: "restore the former credentials, or say --keep-records and erase them there by hand; nothing was forgotten",
      },
    );
  const fields = file.match.flat().map(({ field }) => field);
  const object = await open.describe(file.object, [...new Set(fields)].sort(), meter, signal);
  return { account: open.account, object, destination: open.metered(meter) };
}

function follow(aliases: ReadonlyMap<string, string>, id: string): string {
  const seen = new Set<string>();
  let now = id;
  for (let next = aliases.get(now); next !== undefined && !seen.has(next); next = aliases.get(now)) {
    seen.add(next);
    now = next;
  }
  return now;
}

/** By every match entry of one field of text. */
async function lookUp(
  { traits }: SyncTraces,
  file: Sync,
  object: RemoteObject,
  destination: Destination,
  signal: AbortSignal,
): Promise<string[]> {
  const ids: string[] = [];
  for (const [part, ...others] of file.match) {
    const field = part === undefined ? undefined : object.fields.get(part.field);
    if (part === undefined || field === undefined || others.length > 0 || field.type !== "text") continue;
    if (!field.findable && !field.unique) continue;
    const forms = traits.values.map((value) => (field.matchForm === "lower" ? value.trim().toLowerCase() : value));
    const values = [...new Set(forms)].filter((value) => value !== "");
    const by = findBy(object, [part.field]);
    for (const value of values) {
      const reply = await destination.find({ object: file.object, by, values: [value], fields: [] }, signal);
      for (const records of reply.found.values()) ids.push(...records.map(({ remoteId }) => remoteId));
    }
  }
  return ids;
}

/** Once it was asked for, it is asked for again until there is an answer: repeating it does no harm. */
async function eraseOne(
  { clock }: Workbench,
  { erasure }: Destination,
  object: string,
  record: string,
  signal: AbortSignal,
): Promise<Outcome> {
  let outcome: Outcome = { kind: "deferred", code: "NOT_SENT", message: "not sent" };
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    if (attempt > 0) await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
    const reply = await erasure?.erase(object, record, signal);
    outcome = reply?.outcomes[0] ?? { kind: "unknown", reason: "no answer" };
    if (outcome.kind !== "deferred" && outcome.kind !== "unknown") return outcome;
  }
  return outcome;
}

/** Lets go of those that are to go, one after the other. */
export async function eraseRecords(records: readonly PersonRecord[], signal: AbortSignal): Promise<RecordEnd[]> {
  const ends: RecordEnd[] = [];
  for (const { erase, kept, ...of } of records) {
    if (kept !== null || of.terms === null) {
      ends.push({ ...of, end: "kept", why: kept });
      continue;
    }
    const outcome = await erase(signal);
    const isGone = outcome.kind === "applied" || outcome.kind === "missing";
    ends.push({ ...of, end: isGone ? of.terms.word : "failed", why: isGone ? of.terms.remark : wordsOf(outcome) });
  }
  return ends;
}

function wordsOf(outcome: Outcome): string {
  if (outcome.kind === "rejected" || outcome.kind === "deferred") return `${outcome.code}: ${outcome.message}`;
  return outcome.kind === "unknown" ? outcome.reason : outcome.kind;
}
