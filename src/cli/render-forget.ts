import { amount } from "../core/count-text.ts";
import { isoTime } from "../core/run-json.ts";
import type { Forgetting, ForgottenInSync } from "../engine/forget-person.ts";
import type { RecordEnd } from "../engine/forget-records.ts";
import { oneLine } from "./render-plan.ts";

/** One environment's part of the receipt. No key and no value stands in it. */
export function forgettingJson({ environment, at, done, syncs, records, hashes, asides }: Forgetting) {
  return {
    environment,
    at: isoTime(at),
    done,
    syncs: syncs.map((one) => ({
      sync: one.sync,
      has_file: one.hasFile,
      snapshot_rows: one.rows,
      plans: one.plans,
      plan_rows: one.planRows,
      refusals: one.refusals,
      notes: one.notes,
      sentences: one.sentences,
      holds: one.holds,
    })),
    records: records.map(({ connection, account, object, record, origin, end, why }) => {
      return { connection, account, object, record, origin, end, why };
    }),
    suppressed: hashes,
    kept: keptPlaces(environment, asides),
  };
}

function keptPlaces(environment: string, asides: readonly string[]): string[] {
  const own = asides.map(
    (name) => `${name} of environment "${environment}" holds the memory of before a restore: delete it`,
  );
  return [
    ...own,
    "backups that were made before now still hold the person: delete them, or after `sluice state restore` forget once more; no plan sends the person even then",
    "the warehouse is only read: what it holds of the person is its owner's to delete",
  ];
}

export function forgettingText(all: readonly Forgetting[], unreached: readonly string[]): string {
  const lines = all.flatMap(({ environment, done, hashes, syncs, records }) => [
    `${environment}: ${headline(done, hashes.length, syncs.length)}`,
    ...syncs.map(syncLine),
    ...records.map((record) => recordLine(record, hashes.length > 0)),
    ...(hashes.length > 0 ? ["  kept out from now on by salted hashes, whatever the warehouse gives"] : []),
  ]);
  if (all.length === 0) return "nothing ever ran here, so nothing is remembered of anybody";
  const kept = [...unreached, ...new Set(all.flatMap(({ environment, asides }) => keptPlaces(environment, asides)))];
  return [...lines, ...kept.map((text) => `not reached: ${text}`)].join("\n");
}

function headline(done: boolean, hashes: number, syncs: number): string {
  if (done) return syncs === 0 ? "nothing was known" : "forgotten";
  if (hashes > 0) return "not forgotten yet: a record could not be let go of; run the same command again";
  return syncs === 0 ? "nothing is known" : "this is known";
}

function syncLine(one: ForgottenInSync): string {
  const parts = [
    [one.rows, "row of the snapshot", "rows of the snapshot"],
    [one.planRows, "row of a plan", `rows in ${amount(one.plans, "plan")}`],
    [one.refusals, "refusal", "refusals"],
    [one.notes, "note", "notes"],
    [one.sentences, "sentence that names the person", "sentences that name the person"],
    [one.holds, "hold", "holds"],
  ] as const;
  const named = parts
    .filter(([count]) => count > 0)
    .map(([count, single, several]) => `${count} ${count === 1 ? single : several}`);
  return `  ${oneLine(one.sync)}${one.hasFile ? "" : " (its file is gone: its records are left alone)"}: ${named.join(", ")}`;
}

function recordLine({ connection, object, record, end, why }: RecordEnd, isOver: boolean): string {
  const word = end === "kept" || end === "failed" || isOver ? end : `would be ${end}`;
  return `  ${connection}, ${object} ${oneLine(record)}: ${word}${why === null ? "" : ` (${oneLine(why)})`}`;
}
