import type { SpanContext } from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";

/** What runs that have not ended were asked for by: the first is the parent of a run's span, the others are its links. */
export type Causes = {
  /** A W3C traceparent; what is none is left out. */
  add(run: string, cause: string | null): void;
  of(run: string): readonly SpanContext[];
  drop(run: string): void;
};

/** Runs that never begin are nobody's to drop: the oldest go. */
const MOST_RUNS = 1_000;
const MOST_CAUSES = 20;

export function openCauses(): Causes {
  const byRun = new Map<string, readonly SpanContext[]>();
  return {
    add: (run, cause) => {
      const context = cause === null ? null : parseTraceParent(cause);
      const known = byRun.get(run) ?? [];
      if (context === null || known.length >= MOST_CAUSES) return;
      byRun.set(run, [...known, context]);
      const [oldest] = byRun.keys();
      if (byRun.size > MOST_RUNS && oldest !== undefined) byRun.delete(oldest);
    },
    of: (run) => byRun.get(run) ?? [],
    drop: (run) => byRun.delete(run),
  };
}
