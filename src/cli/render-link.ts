import { amount, count } from "../core/count-text.ts";
import type { ConfirmedRecords } from "../engine/confirm-records.ts";
import type { LinkReport } from "../engine/link-rows.ts";
import { oneLine, shown } from "./render-plan.ts";

/** Ambiguous rows that are shown; a report file lists more. */
const SHOWN = 20;

/** What each match entry found, for --json. */
export function foundJson({ entries, regained, none, ambiguous }: LinkReport) {
  return {
    none,
    regained,
    entries,
    ambiguous: ambiguous.slice(0, SHOWN).map(({ key, message }) => ({ key, message })),
  };
}

export function foundLines({ entries, regained, none }: LinkReport): string[] {
  const lines = entries.map((entry) => {
    const several = entry.several > 0 ? `, several records for ${count(entry.several)}` : "";
    return `  by ${entry.fields.join(" + ")}: found ${count(entry.found)}${several}`;
  });
  const own = regained === 0 ? [] : [`  by the record id they had before a removal in doubt: found ${count(regained)}`];
  return [...own, ...lines, `  by none: ${count(none)}`];
}

export function ambiguousLines({ ambiguous }: LinkReport): string[] {
  return ambiguous.slice(0, SHOWN).map((row) => `    ${shown(row.key)}  ${oneLine(row.message)}`);
}

/** "3 rows share": a row and its record. */
export function takenLine(taken: number): string {
  return `  ${amount(taken, "row")} ${taken === 1 ? "shares" : "share"} a match value or a record with another row`;
}

/** What became of the records that rows had before a restore; null where nothing was restored. */
export function confirmedJson(confirmed: ConfirmedRecords | null) {
  if (confirmed === null) return null;
  const { found, merged, gone, mergedIds, goneIds } = confirmed;
  return { found, merged, gone, merged_ids: mergedIds.slice(0, SHOWN), gone_ids: goneIds.slice(0, SHOWN) };
}

export function confirmedLines(sync: string, confirmed: ConfirmedRecords | null): string[] {
  if (confirmed === null) return [];
  const { found, merged, gone, mergedIds, goneIds } = confirmed;
  const merges = mergedIds
    .slice(0, SHOWN)
    .map(({ former, now }) => `    ${oneLine(former)} is part of ${oneLine(now)} now`);
  const lines = [
    `  records that rows had: ${count(found)} answer${merged === 0 ? "" : `, ${count(merged)} of them merged into another`}, ${count(gone)} ${gone === 1 ? "is" : "are"} gone`,
    ...merges,
    ...(gone === 0 ? [] : [`    gone: ${goneIds.slice(0, SHOWN).map(oneLine).join(", ")}${gone > SHOWN ? " …" : ""}`]),
    "  confirmed: removals are planned again",
    `  values that were sent after the backup and went back since stand as they were sent; \`sluice resync ${oneLine(sync)}\` sends every row again`,
  ];
  return lines;
}
