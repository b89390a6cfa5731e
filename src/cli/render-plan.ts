import type { PlanRow } from "../contract/plan.ts";
import type { PlanFacts } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import type { GuardVerdict, ModelCounts } from "../contract/run.ts";
import type { Restoration } from "../contract/state.ts";
import { amount, count } from "../core/count-text.ts";
import { shownKey } from "../core/key-text.ts";
import type { PlannedSync } from "../engine/plan-sync.ts";

const VALUE_WIDTH = 40;

export function countsLine(counts: ModelCounts): string {
  const parts = [
    `read ${count(counts.read)}`,
    `added ${count(counts.added)}`,
    `changed ${count(counts.changed)}`,
    `removed ${count(counts.removed)}`,
    `unchanged ${count(counts.unchanged)}`,
    `waiting ${count(counts.waiting)}`,
    `invalid ${count(counts.invalid)}`,
  ];
  return parts.join(" · ");
}

/** What a terminal would act upon instead of showing: control characters and marks that turn the writing direction. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Text of others (a vendor's message, a key) as one harmless line. */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}

/** A value, quoted and cut. Hostile ones must not reach the terminal. */
export function shown(value: string | null): string {
  if (value === null) return "∅";
  const text = JSON.stringify(value.length > VALUE_WIDTH ? `${value.slice(0, VALUE_WIDTH)}…` : value);
  return text.replace(UNPRINTABLE, "\ufffd");
}

function rowLine(row: PlanRow, keyParts: number): string[] {
  const key = shownKey(row.key, keyParts);
  const record = row.remoteId === null ? "" : `  record ${row.remoteId}`;
  if (row.settled !== null) return [`    · ${key}${record}  ${row.settled}: ${row.reason ?? ""}`];
  const sign = row.change === "removed" ? "-" : row.remoteId === null ? "+" : "~";
  const how =
    row.change === "removed" ? `  ${row.operation}` : row.remoteId === null ? "  create" : row.adopted ? "  adopt" : "";
  const fields = Object.entries(row.fields).map(([field, after]) =>
    row.remoteId === null
      ? `        ${field}: ${shown(after)}`
      : `        ${field}: ${shown(row.before[field] ?? null)} → ${shown(after)}`,
  );
  return [`    ${sign} ${key}${how}${record}`, ...fields];
}

function guardLine(verdict: GuardVerdict): string {
  const what = verdict.field === null ? verdict.guard : `${verdict.guard} (${verdict.field})`;
  return `  held by guard ${what}: ${count(verdict.value)} of ${amount(verdict.of, "row")}, limit ${verdict.limit}`;
}

function invalidLines(facts: PlanFacts, keyParts: number): string[] {
  return facts.invalidGroups.map((group) => {
    const field = group.field === null ? "" : ` ${group.field}`;
    const example = group.example === null ? "" : `, for example row ${shownKey(group.example, keyParts)}`;
    return `  invalid: ${count(group.count)} × ${group.code}${field}: ${group.message}${example}`;
  });
}

function whatHappens(planned: PlannedSync): string[] {
  const { facts, forecast, prepared } = planned;
  const upTo = forecast.createsAreExact ? "" : "up to ";
  const parts: string[] = [];
  if (facts.creates > 0) parts.push(`${upTo}${amount(facts.creates, "record")} will be created`);
  if (facts.adopts > 0) parts.push(`${amount(facts.adopts, "existing record")} adopted`);
  const updates = facts.writesById - facts.adopts;
  if (updates > 0) parts.push(`${amount(updates, "record")} updated`);
  if (facts.removals > 0) parts.push(`${amount(facts.removals, "removed row")}: ${prepared.sync.onRemoved.kind}`);
  if (facts.transferred > 0)
    parts.push(
      `${amount(facts.transferred, "record")} ${facts.transferred === 1 ? "moves" : "move"} on to another row`,
    );
  if (parts.length === 0) return ["  nothing to send"];
  const lookups = forecast.lookups > 0 ? ` (${amount(forecast.lookups, "lookup")})` : "";
  return [
    `  ${parts.join(", ")}`,
    `  about ${amount(forecast.calls, "call")}${lookups}, ${forecast.seconds} s${quotaText(forecast)}`,
  ];
}

/** The lookups are made already; what is still to come must fit into the day. */
function quotaText({ quotaLeft, calls, lookups }: PlannedSync["forecast"]): string {
  if (quotaLeft === null) return "";
  if (calls - lookups <= quotaLeft) return `; ${count(quotaLeft)} calls are left today`;
  return `; only ${count(quotaLeft)} calls are left today: the run would pause, and go on when there are more`;
}

function suppressedLines({ suppressed }: PlanFacts): string[] {
  if (suppressed === 0) return [];
  const what = `${amount(suppressed, "row")} ${suppressed === 1 ? "is" : "are"} suppressed: never sent`;
  return [`  ${what}; a record that is there already stays as it is`];
}

/** Why nothing is removed, whatever left the model. */
function postponedLines({ facts, restored, prepared }: PlannedSync): string[] {
  if (restored !== null) return [`  no removals: ${restoredText(prepared.sync.name, restored)}`];
  return facts.removalsPostponed ? ["  removals are postponed while there are rows without a key"] : [];
}

export function restoredText(sync: string, { backupAt }: Restoration): string {
  return `restored from a backup of ${new Date(backupAt).toISOString()}; \`sluice link ${sync}\` confirms the records and allows removals again`;
}

/** `command` is what would send it. */
export function planText(sync: Sync, planned: PlannedSync, command = "sluice run"): string {
  const { facts, prepared, guards, sample } = planned;
  const keyParts = prepared.mapping.primaryKey.length;
  const held = guards.filter((verdict) => verdict.held);
  const lines = [
    `${sync.name} → ${sync.object}, ${prepared.account.account.label}`,
    `  ${countsLine(facts.counts)}`,
    ...prepared.warnings.map(({ message, fix }) => `  warning: ${message}${fix === null ? "" : `; ${fix}`}`),
    ...mappingLines(planned),
    ...invalidLines(facts, keyParts),
    ...(facts.superseded > 0
      ? [
          `  ${amount(facts.superseded, "row")} ${facts.superseded === 1 ? "stands" : "stand"} back for another row with their match value`,
        ]
      : []),
    ...suppressedLines(facts),
    ...postponedLines(planned),
    ...whatHappens(planned),
    ...(sample.length > 0 ? ["  first changes"] : []),
    ...sample.flatMap((row) => rowLine(row, keyParts)),
    ...held.map(guardLine),
    ...(held.length > 0 ? [`  ${heldLine(sync, held)}; \`${command} --approve\` releases this set`] : []),
  ];
  return lines.join("\n");
}

function heldLine(sync: Sync, held: readonly GuardVerdict[]): string {
  // Invalid rows are in no plan: there is nothing to keep back but all of it.
  const isPart = sync.holdsPartly && held.every(({ guard }) => guard !== "failed");
  return isPart ? "a run would hold these rows and send the rest" : "a run would be held";
}

/** A mapping change is named with its price (S23). */
function mappingLines({ prepared, facts }: PlannedSync): string[] {
  if (prepared.meta === null) return [];
  const before = new Set(prepared.meta.fields);
  const now = prepared.mapping.fields.map((field) => field.field);
  const added = now.filter((field) => !before.has(field));
  const dropped = [...before].filter((field) => !now.includes(field));
  if (added.length === 0 && dropped.length === 0) return [];
  const price =
    prepared.sync.onMappingChange === "forward_only"
      ? "from now on, with rows that change"
      : `${amount(facts.counts.changed, "row")} ${facts.counts.changed === 1 ? "changes" : "change"}`;
  const parts = [
    added.length > 0 ? `new ${added.join(", ")} (${price})` : "",
    dropped.length > 0 ? `${dropped.join(", ")} no longer written` : "",
  ].filter((part) => part !== "");
  return [`  mapping changed: ${parts.join("; ")}`];
}
