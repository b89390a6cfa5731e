/** The planner twin's rows that are looked for by what was sent once and never answered. */
import type { CompiledMapping } from "../../../src/contract/mapping.ts";
import type { FieldValues } from "../../../src/contract/value.ts";
import type { Snapshot } from "./planner-disk.ts";
import { inForm } from "./row-values.ts";
import type { SettledLink } from "./settled-links.ts";
import type { Due, Gone, StagedModel, Unlinked } from "./staged-model.ts";

/** Marks a row that is looked for by what was sent, beside the row that is looked for by what it says now. */
const FORMER = "\ufdd1former ";

/** Rows that left after a write whose answer was lost: looked for by what was sent. */
export function ghostsOf(mapping: CompiledMapping, gone: readonly Gone[]): Unlinked[] {
  return gone
    .filter(({ remoteId, entry, waiting }) => remoteId === null && entry.doubt !== null && !waiting)
    .map(({ entry }) => ({ key: entry.key, match: formerMatch(mapping, entry.doubt ?? {}) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Rows in doubt without a record whose match value is another since: they are looked for by both. */
export function formerRows(mapping: CompiledMapping, doubted: readonly Due[]): Unlinked[] {
  return doubted.flatMap(({ key, match, former }): Unlinked[] => {
    const sent = formerMatch(mapping, former?.doubt ?? {});
    return sent.some((value, index) => value !== null && value !== match[index])
      ? [{ key: `${FORMER}${key}`, match: sent, isFormer: true }]
      : [];
  });
}

/** Null for entries of several fields: what was sent of them need not be whole. */
function formerMatch({ match }: CompiledMapping, sent: FieldValues): (string | null)[] {
  return match.map(([part, ...others]) =>
    part === undefined || others.length > 0 ? null : inForm(sent[part.field] ?? null, part.matchForm),
  );
}

/** A record found by what was sent is the row's own, whatever its present values find; unless another row that stays holds it. */
export function settleDoubted(
  model: StagedModel,
  snapshot: Snapshot | null,
  links: readonly SettledLink[],
): SettledLink[] {
  const own = (key: string) => key.slice(FORMER.length);
  const gone = new Set(model.gone.map(({ entry }) => entry.key));
  const staying = [...(snapshot?.entries.values() ?? [])].filter(
    ({ key, absentSince }) => absentSince === null && !gone.has(key),
  );
  const former = links
    .filter(({ key }) => key.startsWith(FORMER))
    .map((link) => ({ ...link, key: own(link.key) }))
    .filter(({ key, remoteId }) => !staying.some((entry) => entry.remoteId === remoteId && entry.key !== key));
  const found = new Set(former.map(({ key }) => key));
  const kept = model.invalid.filter(({ key, code }) => code !== "AMBIGUOUS_MATCH" || key === null || !found.has(key));
  const named = kept.map((mark) => (mark.key?.startsWith(FORMER) ? { ...mark, key: own(mark.key) } : mark));
  model.invalid.splice(0, model.invalid.length, ...named);
  return [...links.filter(({ key }) => !key.startsWith(FORMER) && !found.has(key)), ...former];
}
