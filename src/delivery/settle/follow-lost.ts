import { claimRecords } from "./claim-records.ts";
import { findSurvivors } from "./find-survivors.ts";
import { lookUp } from "./look-up.ts";
import { sendRows, type Target, updateTargets } from "./send-rows.ts";
import {
  type Answered,
  fromOutcome,
  letGo,
  metAgain,
  type SettleContext,
  type Settled,
  thereAlready,
} from "./settled.ts";

/**
 * An update that is never answered may name a record that was merged into another: HubSpot leaves such an id out of its
 * reply. The record that answers for the id now is the row's from here on; an id that nobody answers for is gone (S6).
 */
export async function followLostUpdates(
  context: SettleContext,
  answered: readonly Answered[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const lost = answered.flatMap(({ index, row, outcome }) =>
    outcome.kind === "unknown" && row.remoteId !== null ? [{ index, row, id: row.remoteId }] : [],
  );
  if (lost.length === 0) return;
  const ids = lost.map(({ id }) => id);
  const survivors = await findSurvivors(context, [...new Set(ids)], signal);
  const merged = lost.flatMap(({ index, row, id }): Target[] => {
    const survivor = survivors.get(id);
    return survivor === undefined || survivor === id ? [] : [{ index, row, remoteId: survivor, fields: row.fields }];
  });
  for (const { index, row, id } of lost) if (!survivors.has(id)) settled[index] = letGo(row);
  await updateTargets(context, merged, settled, signal);
}

const CREATE_ATTEMPTS = 3;

/**
 * A create whose answer was lost may have landed: look first, create again only what is certainly not there (S19). What the
 * vendor says is there at the second try landed after the look, and a second look finds it; or it is somebody else's, by a
 * value that the match list does not name.
 */
export async function followLostCreates(
  context: SettleContext,
  answered: readonly Answered[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  let lost = answered.filter(({ outcome }) => outcome.kind === "unknown");
  for (let attempt = 0; attempt < CREATE_ATTEMPTS && lost.length > 0 && !signal.aborted; attempt++) {
    const rows = lost.map(({ row }) => row);
    const found = await lookUp(context, rows, signal);
    const own = lost.flatMap((one): Answered[] => {
      const remoteId = found.get(one.row.key);
      return typeof remoteId === "string" ? [{ ...one, outcome: metAgain(remoteId) }] : [];
    });
    for (const { index, outcome } of own) settled[index] = fromOutcome(outcome);
    await claimRecords(context, own, settled);
    // Where there are several, one of them may be what was made: the row stays in doubt.
    const rest = lost.filter(({ row }) => !found.has(row.key));
    for (const { index, outcome } of rest)
      if (outcome.kind === "exists") settled[index] = thereAlready(outcome.remoteId);
    const absent = rest.filter(({ outcome }) => outcome.kind === "unknown");
    if (absent.length === 0) return;
    const absentRows = absent.map(({ row }) => row);
    const again = await sendRows(context, "create", absentRows, signal);
    lost = absent.flatMap(({ index, row }, place): Answered[] => {
      const outcome = again[place];
      if (outcome === undefined) return [];
      settled[index] = fromOutcome(outcome);
      return outcome.kind === "unknown" || outcome.kind === "exists" ? [{ index, row, outcome }] : [];
    });
  }
}
