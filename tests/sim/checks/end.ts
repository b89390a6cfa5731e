/** What must hold when a seed has come to rest (reliability.md §2). */

import type { Stage } from "../story/command.ts";
import type { Place } from "../story/place.ts";
import { fieldsOf, MOST_REMOVED, type ModelName, SECRET, type SyncKind, wantedOf } from "../story/project.ts";
import { CANARY, type Person, type Table } from "../story/tables.ts";
import { comparable, POISON, type VendorRecord } from "../vendor/records.ts";

type Rest = { readonly stage: Stage; readonly tables: Readonly<Record<ModelName, Table>>; readonly version: number };

/** Blames the watch for whatever does not hold. Gives how many rows were compared with their records. */
export async function checkEnd(rest: Rest): Promise<number> {
  const { stage } = rest;
  let compared = 0;
  for (const kind of stage.kinds) {
    compared += await checkRows(rest, kind);
    await checkRejects(rest, kind);
    checkExtras(rest, kind);
    await checkRuns(stage, kind);
  }
  checkCanary(stage.printed, stage.place, stage);
  return compared;
}

/** A row that nothing stands in the way of: nobody else has its e-mail, and nobody touched its record. */
function isPlain({ stage, tables }: Rest, { object, model }: SyncKind, person: Person): boolean {
  const email = comparable("email", person.email);
  if (stage.watch.isExcused(person.id)) return false;
  const rivals = tables[model].filter((other) => comparable("email", other.email) === email);
  const records = stage.vendor.records.living(object).filter((record) => {
    const isOther = record.fields.get("ext") !== person.id;
    return isOther && comparable("email", record.fields.get("email") ?? null) === email;
  });
  return rivals.length === 1 && records.length === 0;
}

async function checkRows(rest: Rest, kind: SyncKind): Promise<number> {
  const { stage, tables, version } = rest;
  const { vendor, place, watch } = stage;
  let compared = 0;
  for (const person of tables[kind.model]) {
    const fields = fieldsOf(kind, version);
    const isRefused = person.name === POISON && fields.includes("name");
    if (person.id === null || isRefused || !isPlain(rest, kind, person)) continue;
    if (await isHeldByOther(rest, kind, person.id)) continue;
    const entry = await place.planner.entry(kind.name, person.id);
    const blame = (what: string) => watch.blame(`${kind.name}: row ${person.id} ${what}`);
    const record = entry?.remoteId == null ? null : vendor.records.answering(entry.remoteId);
    if (entry === null) blame("is not in the snapshot");
    else if (entry.isInDoubt && isRefusedBoth(rest, kind, person.id)) continue;
    else if (entry.isInDoubt) blame("is still in doubt");
    else if (entry.remoteId === null)
      checkUnlinked(kind, person, vendor.records.having(kind.object, "ext", person.id), blame);
    else if (record === null) blame(`has record ${entry.remoteId}, which is gone`);
    else if (kind.write !== "insert") {
      compared++;
      for (const field of fields) checkField(record, field, wantedOf(person, field), vendor.traits.altersCity, blame);
    }
  }
  return compared;
}

/** Its record went to another row while both had one e-mail: the row is refused with that reason. */
async function isHeldByOther({ stage }: Rest, kind: SyncKind, key: string): Promise<boolean> {
  const { place, vendor, swarm } = stage;
  if (!swarm.has("moved values")) return false;
  const ids = vendor.records.having(kind.object, "ext", key).map(({ id }) => id);
  const owners = await place.planner.owners(place.account, kind.object, ids);
  return kind.write === "insert" || owners.some((owner) => owner.sync === kind.name && owner.key !== key);
}

/**
 * Its e-mail moved on to another row while it was in doubt: both find the record that it may have made, and both are refused
 * until somebody says which of them it is.
 */
function isRefusedBoth({ stage, tables }: Rest, kind: SyncKind, key: string): boolean {
  const made = stage.vendor.records.having(kind.object, "ext", key).map((record) => record.fields.get("email") ?? null);
  const others = tables[kind.model].filter(({ id }) => id !== key).map(({ email }) => comparable("email", email));
  return made.some((email) => email !== null && others.includes(comparable("email", email)));
}

function checkUnlinked(
  kind: SyncKind,
  person: Person,
  records: readonly VendorRecord[],
  blame: (what: string) => void,
): void {
  if (kind.write === "upsert") blame("has no record");
  else if (kind.write === "update" && records.length > 0) blame(`is not linked to record ${records[0]?.id}`);
  else if (kind.write === "insert" && records.length === 0) blame(`was never made: ${person.email}`);
}

function checkField(
  record: VendorRecord,
  field: string,
  value: string | null,
  altersCity: boolean,
  blame: (what: string) => void,
): void {
  if (record.writers.get(field) === "people") return;
  const wanted = field === "city" && altersCity ? (value?.toLowerCase() ?? null) : value;
  const stands = record.fields.get(field) ?? null;
  if (stands !== wanted) blame(`has ${field} ${stands} in record ${record.id}, and is ${wanted}`);
}

/** Refused rows are listed with a reason, and nothing else is. */
async function checkRejects(rest: Rest, kind: SyncKind): Promise<void> {
  const { stage, tables, version } = rest;
  const table = tables[kind.model];
  const { place, watch } = stage;
  const isRefused = (person: Person) => person.name === POISON && fieldsOf(kind, version).includes("name");
  for (const person of table) {
    if (person.id === null || kind.write !== "upsert" || !isRefused(person)) continue;
    // Rows that came to one e-mail are refused for that before anybody looks at their names.
    if (!isPlain(rest, kind, person) || stage.swarm.has("moved values")) continue;
    const reject = await place.state.reject(kind.name, person.id);
    if (reject === null) watch.blame(`${kind.name}: row ${person.id} is refused and not listed`);
    else if (reject.code === "" || reject.message === "") watch.blame(`${kind.name}: row ${person.id} has no reason`);
  }
  for await (const page of place.state.rejects(kind.name))
    for (const { key, code } of page) {
      const person = table.find(({ id }) => id === key);
      const isOver = person === undefined ? kind.onRemoved.kind === "none" : person.name !== POISON;
      if (isOver && code === "INVALID_NAME") watch.blame(`${kind.name}: row ${key} is listed as ${code} and is fine`);
    }
}

/** Where removed rows take their records along, nothing of ours outlives its row. */
function checkExtras({ stage, tables }: Rest, kind: SyncKind): void {
  const removes = (removal: SyncKind["onRemoved"]) => removal.kind === "archive" || removal.kind === "delete";
  const isShared = stage.kinds.some((other) => other !== kind && other.object === kind.object);
  if (!removes(kind.onRemoved) || !removes(kind.onRemovedAdopted) || isShared || kind.write === "update") return;
  const keys = new Set(tables[kind.model].map(({ id }) => id));
  for (const record of stage.vendor.records.living(kind.object)) {
    const ext = record.fields.get("ext") ?? null;
    if (record.madeBy === "people" || stage.watch.isExcused(ext) || keys.has(ext)) continue;
    stage.watch.blame(`${kind.name}: record ${record.id} of ${ext} outlived its row`);
  }
}

const HOUR = 3_600_000;
const UNFINISHED = ["queued", "planning", "writing", "paused"];

/** Every run has ended, its numbers add up, none removed many rows without a person's word, and the last has none to remove. */
async function checkRuns({ place, watch, approvals, isSkewed, world }: Stage, kind: SyncKind): Promise<void> {
  for (const [age, run] of (await place.state.runs({ sync: kind.name, limit: 200 })).entries()) {
    const blame = (what: string) => watch.blame(`${kind.name}: run ${run.id} (${run.state} ${run.code ?? ""}) ${what}`);
    if (UNFINISHED.includes(run.state)) blame("never ended");
    if (run.counts !== null) {
      const { read, invalid, unchanged, waiting, added, changed } = run.counts;
      if (read !== invalid + unchanged + waiting + added + changed) blame("read does not add up");
    }
    if (run.planSha256 === null) continue;
    const ends = Object.values(run.operations).reduce(
      (sum, { applied, skipped, transferred, rejected, deferred, cancelled }) =>
        sum + applied + skipped + transferred + rejected + deferred + cancelled,
      0,
    );
    if (ends !== run.planRows) blame(`planned ${run.planRows} rows, and ${ends} have an end`);
    const plan = await place.planner.readPlan(`${place.workDir}/plans/${run.id}.parquet`, 0, run.planRows);
    const removals = plan.filter(({ change, settled }) => change === "removed" && settled === null).length;
    if (age === 0 && removals > 0) blame(`still plans ${removals} removals`);
    const startedMs = run.startedAt - 1_800_000_000_000;
    const bentMs = isSkewed ? 2 * HOUR : 1_000;
    const isApproved = approvals.some(
      ({ sync, atMs }) => sync === kind.name && atMs <= startedMs + bentMs && startedMs < atMs + 24 * HOUR + bentMs,
    );
    if (removals > MOST_REMOVED && !isApproved) blame(`removed ${removals} rows unapproved, by ${world.nowMs} ms`);
  }
}

/** Neither a secret nor a person's value stands where it has no business. */
function checkCanary(printed: readonly string[], place: Place, { watch }: Stage): void {
  const texts = [...printed, ...place.audit().map((entry) => JSON.stringify(entry))];
  for (const text of texts)
    for (const canary of [CANARY, SECRET]) if (text.includes(canary)) watch.blame(`printed: ${text.slice(0, 200)}`);
}

export async function checkNotes({ place, watch, kinds }: Stage): Promise<void> {
  for (const kind of kinds)
    for (const run of await place.state.runs({ sync: kind.name, limit: 200 })) {
      const texts = [
        run.reason ?? "",
        ...(await place.state.notes(run.id, { limit: 1_000 })).map((note) => note.message ?? ""),
      ];
      for (const text of texts)
        if (text.includes(CANARY) || text.includes(SECRET)) watch.blame(`a note says ${text.slice(0, 200)}`);
    }
}
