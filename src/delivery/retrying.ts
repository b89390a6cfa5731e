import type { Clock, Random } from "../contract/clock.ts";
import type { Destination, Outcome, Reply, WriteBatch } from "../contract/destination.ts";
import { Fault, type Hints } from "../contract/fault.ts";
import { backoffMs } from "../core/backoff.ts";
import { notSent } from "./not-sent.ts";

/** Retries of one account: every call earns a tenth of one, so that they stay under 10 % of the calls (S17). */
export interface RetryAllowance {
  earn(): void;
  /** False where the allowance is used up: the row waits for the next run. */
  spend(): boolean;
}

const FIRST_RETRIES = 10;
const MOST_RETRIES = 100;
const MOST_ATTEMPTS = 6;

export function retryAllowance(): RetryAllowance {
  let retries = FIRST_RETRIES;
  return {
    earn: () => {
      retries = Math.min(MOST_RETRIES, retries + 0.1);
    },
    spend: () => {
      if (retries < 1) return false;
      retries--;
      return true;
    },
  };
}

export type RetryOptions = { clock: Clock; random: Random; allowance: RetryAllowance };

/**
 * Sends again what may be sent again: rows that certainly did not land, and rows with an unknown answer where a second
 * write does no harm (by id, or a true upsert). Creates with an unknown answer stay unknown: they are looked up first.
 */
export function retrying(inner: Destination, options: RetryOptions): Destination {
  const again = <T>(signal: AbortSignal, make: () => Promise<T>): Promise<T> => retryCall(options, signal, make);
  return {
    abilities: inner.abilities,
    check: (signal) => again(signal, () => inner.check(signal)),
    describe: (object, fields, signal) => again(signal, () => inner.describe(object, fields, signal)),
    find: (request, signal) => again(signal, () => inner.find(request, signal)),
    write: (batch, signal) => retryWrite(inner, options, batch, signal),
    erasure: inner.erasure,
    close: () => inner.close(),
  };
}

async function retryCall<T>(options: RetryOptions, signal: AbortSignal, make: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      options.allowance.earn();
      return await make();
    } catch (error) {
      if (!(error instanceof Fault) || error.rule.retry !== "transient" || attempt + 1 >= MOST_ATTEMPTS) throw error;
      if (!error.hints.throttled && !options.allowance.spend()) throw error;
      await options.clock.sleep(pauseMs(options, attempt, error.hints), signal);
    }
  }
}

/** Where the vendor asked for slower calls the gate holds everybody back, one after the other; all else is scattered. */
function pauseMs(options: RetryOptions, attempt: number, hints: Hints): number {
  return hints.throttled ? 0 : backoffMs(attempt, options.random);
}

async function retryWrite(
  inner: Destination,
  options: RetryOptions,
  batch: WriteBatch,
  signal: AbortSignal,
): Promise<Reply> {
  const outcomes: (Outcome | undefined)[] = batch.writes.map(() => undefined);
  let open = batch.writes.map((_, index) => index);
  let calls = 0;
  let bytesOut = 0;
  for (let attempt = 0; ; attempt++) {
    options.allowance.earn();
    const part = { ...batch, writes: pick(batch.writes, open) };
    const reply =
      attempt === 0 ? await inner.write(part, signal) : await orDeferred(part, () => inner.write(part, signal));
    calls += reply.calls;
    bytesOut += reply.bytesOut;
    if (reply.refusedWhole && open.length === batch.writes.length) return { ...reply, calls, bytesOut };
    open.forEach((index, place) => {
      const outcome = reply.refusedWhole && open.length > 1 ? REFUSED_TOGETHER : reply.outcomes[place];
      outcomes[index] = later(outcomes[index], outcome);
    });
    open = reply.refusedWhole ? [] : open.filter((index) => isSendable(outcomes[index], batch, inner));
    const isSpent = !reply.hints.throttled && open.length > 0 && !options.allowance.spend();
    if (open.length === 0 || isSpent || attempt + 1 >= MOST_ATTEMPTS || signal.aborted)
      return { outcomes: outcomes.map(orUnknown), refusedWhole: false, calls, bytesOut, hints: reply.hints };
    // Cancelled while waiting: the next write is refused at the gate, and what was answered so far is kept.
    await options.clock.sleep(pauseMs(options, attempt, reply.hints), signal).catch(() => undefined);
  }
}

/** Some of these rows are guilty; the next run finds out which, and nobody innocent is refused. */
const REFUSED_TOGETHER: Outcome = {
  kind: "deferred",
  code: "BATCH_REFUSED",
  message: "refused together with other rows on a later attempt",
};

/** What may have landed once stays unknown until an answer says what became of it, even where the next try never left. */
function later(before: Outcome | undefined, now: Outcome | undefined): Outcome | undefined {
  return before?.kind === "unknown" && (now === undefined || now.kind === "deferred") ? before : now;
}

/** A fault on a later attempt must not lose what earlier attempts answered. */
async function orDeferred(batch: WriteBatch, make: () => Promise<Reply>): Promise<Reply> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof Fault) return notSent(batch, error.code, error);
    throw error;
  }
}

function pick<T>(items: readonly T[], indexes: readonly number[]): T[] {
  return indexes.map((index) => items[index]).filter((item) => item !== undefined);
}

function orUnknown(outcome: Outcome | undefined): Outcome {
  return outcome ?? { kind: "unknown", reason: "the destination gave no answer for this row" };
}

function isSendable(outcome: Outcome | undefined, batch: WriteBatch, inner: Destination): boolean {
  if (outcome === undefined) return false;
  if (outcome.kind === "deferred") return true;
  if (outcome.kind !== "unknown" || batch.operation === "create") return false;
  return batch.operation !== "upsert" || inner.abilities.upsertIsAtomic;
}
