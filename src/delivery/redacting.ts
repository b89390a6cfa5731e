import type { Destination, Outcome, Reply } from "../contract/destination.ts";
import { Fault } from "../contract/fault.ts";
import { redact } from "../core/redact.ts";
import { withoutAddresses } from "../core/without-values.ts";

/**
 * A vendor may say a request again, credentials and all. Its words go into the state, alerts and logs: no secret passes here, so that
 * none is kept. Words about a row stay with it; those about a whole call are said aloud, so they lose people's addresses, too.
 */
export function redacting(inner: Destination, secrets: readonly string[]): Destination {
  const clean = (text: string): string => redact(text, secrets);
  const heard = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      throw cleanFault(error, clean);
    }
  };
  const answered = async (ask: () => Promise<Reply>): Promise<Reply> => {
    const reply = await heard(ask);
    return { ...reply, outcomes: reply.outcomes.map((outcome) => cleanOutcome(outcome, clean)) };
  };
  const { erasure } = inner;
  return {
    abilities: inner.abilities,
    check: (signal) => heard(() => inner.check(signal)),
    describe: (object, fields, signal) => heard(() => inner.describe(object, fields, signal)),
    find: (request, signal) => heard(() => inner.find(request, signal)),
    write: (batch, signal) => answered(() => inner.write(batch, signal)),
    erasure:
      erasure === null
        ? null
        : { ...erasure, erase: (object, id, signal) => answered(() => erasure.erase(object, id, signal)) },
    close: () => inner.close(),
  };
}

function cleanOutcome(outcome: Outcome, clean: (text: string) => string): Outcome {
  if ("message" in outcome) return { ...outcome, message: clean(outcome.message) };
  return "reason" in outcome ? { ...outcome, reason: clean(outcome.reason) } : outcome;
}

function cleanFault(error: unknown, clean: (text: string) => string): unknown {
  if (!(error instanceof Fault)) return error;
  const message = withoutAddresses(clean(error.message));
  if (message === error.message) return error;
  const { code, fix, hints, problems } = error;
  // Not the cause: its message may say the same.
  return new Fault(code, message, { hints, problems, ...(fix === null ? {} : { fix: clean(fix) }) });
}
