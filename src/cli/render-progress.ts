import type { Clock } from "../contract/clock.ts";
import { count } from "../core/count-text.ts";
import type { Progress } from "../engine/run-options.ts";
import type { Output } from "./output.ts";

const LIVE_MS = 100;
const PLAIN_MS = 10_000;

/** A live line on a terminal, a plain one now and then elsewhere: rows done, rows/s, time left. */
export function progressShower(output: Output, clock: Clock): (progress: Progress) => void {
  const started = new Map<string, number>();
  const latest = new Map<string, string>();
  let shownAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const nowMs = clock.monotonicMs();
    if (progress.phase === "planning") {
      latest.set(progress.sync, `${progress.sync}: planning`);
    } else {
      const startedAt = started.get(progress.sync) ?? nowMs;
      started.set(progress.sync, startedAt);
      const seconds = (nowMs - startedAt) / 1000;
      const rate = seconds > 0.5 ? progress.done / seconds : 0;
      const left =
        rate > 0
          ? `, ${count(Math.round(rate))} rows/s, ${Math.ceil((progress.planned - progress.done) / rate)} s left`
          : "";
      latest.set(progress.sync, `${progress.sync}: ${count(progress.done)} of ${count(progress.planned)} rows${left}`);
    }
    if (nowMs - shownAt < (output.isTerminal ? LIVE_MS : PLAIN_MS)) return;
    shownAt = nowMs;
    const text = [...latest.values()].join(" · ");
    if (output.isTerminal) output.live(text);
    else output.note(text);
  };
}
