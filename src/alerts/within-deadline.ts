import type { Clock } from "../contract/clock.ts";

/** Gives the work a signal that aborts with `signal`, and after `deadlineMs` with the reason as a text. */
export async function withinDeadline<T>(
  clock: Clock,
  deadlineMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const end = new AbortController();
  const deadline = clock.sleep(deadlineMs, done.signal).then(
    () => end.abort(`it did not answer within ${deadlineMs / 1000} s`),
    () => {}, // all done in time
  );
  try {
    return await work(AbortSignal.any([end.signal, signal]));
  } finally {
    done.abort();
    await deadline;
  }
}
