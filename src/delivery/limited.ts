import type { Destination, Reply } from "../contract/destination.ts";
import { Fault, type Hints, NO_HINTS } from "../contract/fault.ts";
import type { Priority } from "../contract/project.ts";
import { breath } from "../core/breath.ts";
import type { Gate, Homecoming, Meter } from "./gate.ts";
import { notSent } from "./not-sent.ts";

/** A write that is on its way is never cut off: its answer is worth the seconds until the connector's own deadline. */
const UNCUT = new AbortController().signal;

/** How a run calls its account. */
export type Calling = {
  /** Asked after the wait and before every write: where it throws, nothing is sent. */
  readonly confirm: () => Promise<void>;
  readonly priority: Priority;
};

export const PLAIN_CALLING: Calling = { confirm: async () => undefined, priority: "normal" };

/**
 * A destination that makes no call the account's budget does not allow, and counts what it makes. Where the vendor limits
 * searches apart, they wait at that gate too.
 */
export function limited(
  inner: Destination,
  gate: Gate,
  meter: Meter,
  search: Gate | null = null,
  { confirm, priority }: Calling = PLAIN_CALLING,
): Destination {
  const call = async <T extends { calls: number; hints: Hints }>(
    signal: AbortSignal,
    make: () => Promise<T>,
  ): Promise<T> => {
    await gate.pass(meter, signal, priority);
    return answered(make, () => false);
  };
  const answered = async <T extends { calls: number; hints: Hints }>(
    make: () => Promise<T>,
    isDown: (answer: T) => boolean,
  ): Promise<T> => {
    try {
      const answer = await make();
      count(meter, answer.calls, answer.hints);
      gate.came({ hints: answer.hints, isDown: isDown(answer) });
      return answer;
    } catch (error) {
      const home = homecomingOf(error);
      count(meter, 1, home.hints);
      gate.came(home);
      throw error;
    }
  };
  const { erasure } = inner;
  return {
    abilities: inner.abilities,
    check: (signal) => call(signal, () => inner.check(signal)),
    describe: (object, fields, signal) => call(signal, () => inner.describe(object, fields, signal)),
    find: async (request, signal) => {
      const ask = () =>
        call(signal, async () => {
          const reply = await inner.find(request, signal);
          meter.bytesOut += reply.bytesOut;
          return reply;
        });
      if (search === null || request.by === "recordId" || !("fields" in request.by)) return ask();
      await search.pass(meter, signal, priority);
      try {
        return await ask();
      } finally {
        search.came(NOTHING_HEARD);
      }
    },
    write: async (batch, signal) => {
      // Not after the gate: a word of the vendor that calls are to wait would come too late for this one.
      await breath();
      try {
        await gate.pass(meter, signal, priority);
      } catch (error) {
        return notSent(batch, signal.aborted ? "CANCELLED" : codeOf(error), error);
      }
      try {
        await confirm();
      } catch (error) {
        // The slot was booked for a call that is not made.
        gate.came(NOTHING_HEARD);
        return notSent(batch, codeOf(error), error);
      }
      const reply = await answered(() => inner.write(batch, UNCUT), isNobodyThere);
      // What the answer says of the account is heard already.
      await breath();
      meter.bytesOut += reply.bytesOut;
      return reply;
    },
    erasure:
      erasure === null
        ? null
        : { ...erasure, erase: (object, id, signal) => call(signal, () => erasure.erase(object, id, UNCUT)) },
    close: () => inner.close(),
  };
}

const NOTHING_HEARD: Homecoming = { hints: NO_HINTS, isDown: false };

/** A refusal of credentials or of a call is an answer, too. */
function homecomingOf(error: unknown): Homecoming {
  if (!(error instanceof Fault)) return { hints: NO_HINTS, isDown: true };
  return { hints: error.hints, isDown: error.rule.retry === "transient" && !error.hints.throttled };
}

/** Not one row has an answer, and nobody said that the calls came too fast. */
function isNobodyThere({ outcomes, hints, refusedWhole }: Reply): boolean {
  if (hints.throttled || refusedWhole || outcomes.length === 0) return false;
  return outcomes.every(({ kind }) => kind === "deferred" || kind === "unknown");
}

function codeOf(error: unknown): string {
  return error instanceof Fault ? error.code : "INTERNAL";
}

function count(meter: Meter, calls: number, hints: Hints): void {
  meter.calls += calls;
  if (hints.throttled) meter.throttled++;
}
