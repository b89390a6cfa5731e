/** The planner twin's word on found records: which of them become a row's, and which are refused (S7, S10, S16). */
import type { Link, PlanRequest } from "../../../src/contract/planner.ts";
import type { Origin } from "../../../src/contract/run.ts";
import type { Entry, Snapshot } from "./planner-disk.ts";
import { acts, type Gone, type StagedModel } from "./staged-model.ts";

export type SettledLink = Link & { readonly origin: Origin | null };

/** Ghosts that were found are removed like other rows, as records of unknown origin; those that never landed are forgotten. */
export function settleGhosts(
  request: PlanRequest,
  model: StagedModel,
  links: readonly SettledLink[],
  wasLooked: boolean,
): SettledLink[] {
  model.gone = model.gone.map((row): Gone => {
    const link = links.find(({ key }) => key === row.entry.key);
    if (link !== undefined) return { ...row, remoteId: link.remoteId, origin: "unknown", planned: true };
    return wasLooked && acts(request) && row.remoteId === null && !row.waiting ? { ...row, forgotten: true } : row;
  });
  const gone = new Set(model.gone.map(({ entry }) => entry.key));
  return links.filter(({ key }) => !gone.has(key));
}

/** A record that another living row holds is not taken from it; one whose row is gone in this plan moves on. */
export function settleTaken(
  model: StagedModel,
  snapshot: Snapshot | null,
  found: readonly SettledLink[],
): SettledLink[] {
  if (found.length === 0) return [];
  const holders = holdersOf(model, snapshot);
  const gone = new Set(model.gone.map(({ entry }) => entry.key));
  let links = found.filter((link) => !holdersBut(holders, link).some((holder) => givesUp(model, holder, link)));
  for (const link of links)
    for (const holder of holdersBut(holders, link)
      .filter(({ key }) => !gone.has(key))
      .slice(0, 1))
      refuse(model, link.key, `record ${link.remoteId} belongs to row ${holder.key}`);
  links = links.map((link) => ({ ...link, origin: originOf(snapshot, link.remoteId) }));
  const wrong = keysOf(model);
  const rivals = links.filter(({ key }) => !wrong.has(key));
  for (const link of rivals) {
    const others = rivals.filter((rival) => rival !== link && rival.remoteId === link.remoteId);
    const loses = others.some((rival) => rival.entry <= link.entry);
    if (loses) refuse(model, link.key, `another row matches record ${link.remoteId} as well`);
  }
  const refused = keysOf(model);
  return links.filter(({ key }) => !refused.has(key));
}

function refuse(model: StagedModel, key: string, message: string): void {
  model.invalid.push({ key, code: "DUPLICATE_MATCH_KEY", field: null, message, rows: 1 });
}

export function keysOf({ invalid }: StagedModel): ReadonlySet<string> {
  return new Set(invalid.flatMap(({ key }) => (key === null ? [] : [key])));
}

/** Rows that come back take their records up again. */
function holdersOf({ due }: StagedModel, snapshot: Snapshot | null): ReadonlyMap<string, readonly Entry[]> {
  const holders = new Map<string, Entry[]>();
  const coming = new Set(due.map(({ key }) => key));
  for (const entry of snapshot?.entries.values() ?? []) {
    if (entry.remoteId === null || (entry.absentSince !== null && !coming.has(entry.key))) continue;
    holders.set(entry.remoteId, [...(holders.get(entry.remoteId) ?? []), entry]);
  }
  return holders;
}

function holdersBut(holders: ReadonlyMap<string, readonly Entry[]>, link: Link): readonly Entry[] {
  return (holders.get(link.remoteId) ?? []).filter(({ key }) => key !== link.key);
}

/** The holder has another value now, and not by the first entry, by which the vendor upserts. */
function givesUp(model: StagedModel, holder: Entry, link: Link): boolean {
  const theirs = model.byKey.get(holder.key);
  const ours = model.byKey.get(link.key);
  if (link.entry === 0 || theirs === undefined || ours === undefined) return false;
  return (ours.match[link.entry] ?? null) !== (theirs.match[link.entry] ?? null);
}

function originOf(snapshot: Snapshot | null, remoteId: string): Origin | null {
  for (const entry of snapshot?.entries.values() ?? []) if (entry.remoteId === remoteId) return entry.origin;
  return null;
}
