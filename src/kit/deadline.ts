import { setMaxListeners } from "node:events";
import type { Clock } from "../contract/clock.ts";

export type DeadlineOptions<T> = {
  readonly clock: Clock;
  /** For the whole call, from here on. */
  readonly deadlineMs: number;
  /** Called once when the deadline or the signal ends the call: drop what it holds, and say what came of it. */
  readonly onEnd: (why: "TIMEOUT" | "CANCELLED") => T;
};

/** Runs a call that takes no signal; when its time is up it is no longer waited for. */
export async function withDeadline<T>(
  run: () => Promise<T>,
  { clock, deadlineMs, onEnd }: DeadlineOptions<T>,
  signal: AbortSignal,
): Promise<T> {
  if (signal.aborted) return onEnd("CANCELLED");
  setMaxListeners(0, signal); // one signal ends many calls at once; that is no leak
  const finished = new AbortController();
  let cancel = () => {};
  const ended = new Promise<T>((resolve) => {
    cancel = () => resolve(onEnd("CANCELLED"));
    signal.addEventListener("abort", cancel, { once: true });
    clock.sleep(deadlineMs, finished.signal).then(
      () => resolve(onEnd("TIMEOUT")),
      () => {}, // over in time
    );
  });
  try {
    return await Promise.race([run(), ended]);
  } finally {
    signal.removeEventListener("abort", cancel);
    finished.abort();
  }
}
