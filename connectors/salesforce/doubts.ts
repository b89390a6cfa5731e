import type { FindRequest, Outcome, Reply, Write, WriteBatch } from "../../src/contract/destination.ts";
import { NO_HINTS } from "../../src/contract/fault.ts";
import { unknown } from "../../src/kit/outcome.ts";
import type { SalesforceObject } from "./describe.ts";

/** Salesforce ends a transaction after ten minutes at the latest (Apex governor limits); until then a first try may land. */
const LONGEST_CALL_MS = 600_000;

const WAITS = unknown(
  "a former upsert of this match value had no answer and may still land; Salesforce would not notice a second record",
);

/**
 * Upserts by a field that is not unique, a contact's e-mail say, whose answer was lost. While such a call may still be
 * running a second one would find nothing either, and make a second record; a unique field would refuse it. So the value
 * is not sent again before it was looked up, or the first call can no longer land: its row stays in doubt (S19).
 */
export function openDoubts(now: () => number) {
  const untilMs = new Map<string, number>();

  function isOpen(key: string): boolean {
    const until = untilMs.get(key);
    if (until !== undefined && until <= now()) untilMs.delete(key);
    return untilMs.has(key);
  }

  /** Sends what may be sent, by `send`. */
  async function write(
    batch: WriteBatch,
    object: SalesforceObject,
    send: (batch: WriteBatch) => Promise<Reply>,
  ): Promise<Reply> {
    const keys = batch.operation === "upsert" ? batch.writes.map((one) => keyOf(object, one)) : [];
    if (keys.every((key) => key === null)) return send(batch);
    const places = batch.writes.map((_, index) => index).filter((index) => !isOpen(keys[index] ?? ""));
    const writes = places.flatMap((index) => batch.writes[index] ?? []);
    const reply = writes.length === 0 ? NOTHING_SENT : await send({ ...batch, writes });
    const outcomes: Outcome[] = batch.writes.map(() => WAITS);
    places.forEach((index, place) => {
      const outcome = reply.outcomes[place] ?? unknown("no answer for this row");
      const key = keys[index] ?? null;
      if (outcome.kind === "unknown" && key !== null) untilMs.set(key, now() + LONGEST_CALL_MS);
      outcomes[index] = outcome;
    });
    return { ...reply, outcomes };
  }

  return {
    write,
    lookedUp: ({ object, by, values }: FindRequest): void => {
      const field =
        by === "recordId" ? null : "unique" in by ? by.unique : by.fields.length === 1 ? by.fields[0] : null;
      if (untilMs.size === 0 || field === null) return;
      for (const value of values) untilMs.delete(`${object}\0${field}\0${value}`);
    },
  };
}

const NOTHING_SENT: Reply = { outcomes: [], refusedWhole: false, calls: 0, bytesOut: 0, hints: NO_HINTS };

/** Names what an upsert goes by; null where a second record with its value would be refused. */
function keyOf({ object, fields }: SalesforceObject, { by }: Write): string | null {
  const [field, value] = ("match" in by ? Object.entries(by.match)[0] : null) ?? [];
  if (field === undefined || fields.get(field)?.unique === true) return null;
  return `${object}\0${field}\0${value}`;
}
