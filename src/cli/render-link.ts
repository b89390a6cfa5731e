import { amount, count } from "../core/count-text.ts";
import type { LinkReport } from "../engine/link-rows.ts";
import { oneLine, shown } from "./render-plan.ts";

/** Ambiguous rows that are shown; a report file lists more. */
const SHOWN = 20;

/** What each match entry found, for --json. */
export function foundJson({ entries, none, ambiguous }: LinkReport) {
  return { none, entries, ambiguous: ambiguous.slice(0, SHOWN).map(({ key, message }) => ({ key, message })) };
}

export function foundLines({ entries, none }: LinkReport): string[] {
  const lines = entries.map((entry) => {
    const several = entry.several > 0 ? `, several records for ${count(entry.several)}` : "";
    return `  by ${entry.fields.join(" + ")}: found ${count(entry.found)}${several}`;
  });
  return [...lines, `  by none: ${count(none)}`];
}

export function ambiguousLines({ ambiguous }: LinkReport): string[] {
  return ambiguous.slice(0, SHOWN).map((row) => `    ${shown(row.key)}  ${oneLine(row.message)}`);
}

/** "3 rows share": a row and its record. */
export function takenLine(taken: number): string {
  return `  ${amount(taken, "row")} ${taken === 1 ? "shares" : "share"} a match value or a record with another row`;
}
