import type { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import { count } from "../core/count-text.ts";
import { withoutValues } from "../core/without-values.ts";
import type { PlannedSync } from "../engine/plan-sync.ts";
import { oneLine } from "./render-plan.ts";

/** One sync's line of the table, as text that was not made harmless yet. */
export type MarkdownRow = {
  readonly sync: string;
  /** Numbers; null where it could not be planned. */
  readonly numbers: {
    readonly added: number;
    readonly changed: number;
    readonly removed: number;
    /** With "up to" where nobody looked whether the records are there. */
    readonly creates: { readonly rows: number; readonly isExact: boolean };
    readonly calls: number;
  } | null;
  readonly held: readonly string[];
  readonly problems: readonly string[];
};

export function plannedRow(sync: Sync, { facts, forecast, guards, prepared }: PlannedSync): MarkdownRow {
  const { added, changed, removed } = facts.counts;
  const creates = { rows: forecast.creates, isExact: forecast.createsAreExact };
  return {
    sync: sync.name,
    numbers: { added, changed, removed, creates, calls: forecast.calls },
    held: guards.flatMap(({ held, guard, field, value, of, limit }) =>
      held ? [`${guard}${field === null ? "" : ` (${field})`}: ${count(value)} of ${count(of)}, limit ${limit}`] : [],
    ),
    problems: [
      ...facts.invalidGroups.map(({ code, field, count: rows }) => `${count(rows)} × ${code} ${field ?? ""}`.trim()),
      ...prepared.warnings.map(({ message }) => message),
    ],
  };
}

export function failedRow({ sync, fault }: { readonly sync: Sync; readonly fault: Fault }): MarkdownRow {
  return { sync: sync.name, numbers: null, held: [], problems: [`${fault.code}: ${withoutValues(fault.message)}`] };
}

const HEAD = `| Sync | Added | Changed | Removed | Creates | Calls | Held by guards | Problems |
| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |`;

/** What a run would do, as a table of Markdown: numbers and names, no row's value. */
export function planMarkdown(rows: readonly MarkdownRow[]): string {
  const title = "### What a run would send";
  if (rows.length === 0) return `${title}\n\nNothing: no sync is meant.`;
  return [title, "", HEAD, ...rows.map(lineOf), "", summaryOf(rows)].join("\n");
}

function lineOf({ sync, numbers, held, problems }: MarkdownRow): string {
  const cells =
    numbers === null
      ? ["–", "–", "–", "–", "–"]
      : [
          count(numbers.added),
          count(numbers.changed),
          count(numbers.removed),
          `${numbers.creates.isExact ? "" : "up to "}${count(numbers.creates.rows)}`,
          count(numbers.calls),
        ];
  return `| ${[code(sync), ...cells, listed(held), listed(problems)].join(" | ")} |`;
}

function summaryOf(rows: readonly MarkdownRow[]): string {
  const held = rows.filter((row) => row.held.length > 0).length;
  const failed = rows.filter((row) => row.numbers === null).length;
  const parts = [
    `${count(rows.length - failed)} planned`,
    `${count(held)} held`,
    `${count(failed)} could not be planned`,
  ];
  return `Syncs: ${parts.join(", ")}. Nothing was sent.`;
}

const MOST_LISTED = 5;
const LONGEST = 200;

function listed(texts: readonly string[]): string {
  const more = texts.length - MOST_LISTED;
  return [...texts.slice(0, MOST_LISTED).map(code), ...(more > 0 ? [`and ${more} more`] : [])].join("<br>");
}

/** As code nothing in it is markup, a link or a mention; what would end the code or the cell stands as its like. */
function code(text: string): string {
  const line = oneLine(text).replaceAll("`", "'").replaceAll("|", "¦").replaceAll("\\", "/").trim();
  const cut = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
  return cut === "" ? "" : `\`${cut}\``;
}
