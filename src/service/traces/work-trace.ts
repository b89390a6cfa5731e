import { type Attributes, ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { millisToHrTime } from "@opentelemetry/core";
import type { Clock } from "../../contract/clock.ts";
import type { RunRecord } from "../../contract/run.ts";
import type { FinishedRun } from "../../engine/run-sync.ts";
import type { WorkTrace } from "../service-parts.ts";
import type { Causes } from "./causes.ts";

type Tools = { readonly tracer: Tracer; readonly clock: Clock; readonly causes: Causes };
/** Monotonic ms. */
type Stretch = { readonly fromMs: number; readonly toMs: number };

/**
 * The spans of a run are made when it ends, with the times that they had: which run it is, and whether there is one at all, is
 * known only then, and a sync that somebody else works on leaves nothing behind.
 */
export function workTrace({ tracer, clock, causes }: Tools, sync: string): WorkTrace {
  const offsetMs = clock.now() - clock.monotonicMs();
  const at = (monotonicMs: number) => millisToHrTime(offsetMs + monotonicMs);
  let beganMs = clock.monotonicMs();
  let planning: Stretch | null = null;
  let hasWritten = false;

  const startSpan = (run: string | null, attributes: Attributes): Span => {
    const [parent, ...others] = run === null ? [] : causes.of(run);
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const links = others.map((other) => ({ context: other }));
    return tracer.startSpan("sluice.run", { startTime: at(beganMs), attributes, links }, context);
  };
  const addPhase = (of: Span, phase: "planning" | "writing", { fromMs, toMs }: Stretch): void => {
    const context = trace.setSpan(ROOT_CONTEXT, of);
    const attributes = { "sluice.sync": sync };
    tracer.startSpan(`sluice.run.${phase}`, { startTime: at(fromMs), attributes }, context).end(at(toMs));
  };
  const end = (span: Span, endMs: number): void => {
    span.end(at(endMs));
    beganMs = endMs;
    planning = null;
    hasWritten = false;
  };
  return {
    planning: async (work) => {
      const fromMs = clock.monotonicMs();
      try {
        return await work();
      } finally {
        planning = { fromMs, toMs: clock.monotonicMs() };
      }
    },
    writing: () => {
      hasWritten = true;
    },
    ended: (finished) => {
      const { run } = finished;
      const endMs = clock.monotonicMs();
      const span = startSpan(run.id, { ...aboutRun(run), ...endOf(run) });
      if (planning !== null) addPhase(span, "planning", planning);
      if (hasWritten || (planning !== null && hasCommitted(run)))
        addPhase(span, "writing", { fromMs: planning?.toMs ?? beganMs, toMs: endMs });
      const code = codeOf(finished);
      if (code !== null) span.setAttribute("sluice.code", code);
      if (hasFailed(finished)) setFailed(span, code ?? "UNKNOWN");
      if (run.endedAt === null) causes.add(run.id, traceparentOf(span));
      else causes.drop(run.id);
      end(span, endMs);
    },
    refused: (run, { code }) => {
      const span = startSpan(run?.id ?? null, { "sluice.sync": sync, ...(run === null ? {} : aboutRun(run)) });
      span.setAttribute("sluice.code", code);
      if (code !== "CANCELLED") setFailed(span, code);
      if (run !== null) causes.drop(run.id);
      end(span, clock.monotonicMs());
    },
  };
}

function aboutRun({ sync, id, action, trigger }: RunRecord): Attributes {
  return {
    "sluice.sync": sync,
    "sluice.run_id": id,
    "sluice.action": action,
    "sluice.trigger": trigger,
  };
}

function endOf({ state, planRows, operations, calls, resumes }: RunRecord): Attributes {
  const counts = Object.values(operations);
  const sum = (outcome: "applied" | "rejected"): number => counts.reduce((all, one) => all + one[outcome], 0);
  return {
    "sluice.state": state,
    "sluice.rows.planned": planRows,
    "sluice.rows.applied": sum("applied"),
    "sluice.rows.rejected": sum("rejected"),
    "sluice.calls": calls,
    "sluice.resumes": resumes,
  };
}

/** A committed plan with rows is delivered, and a first batch that fails is no progress. */
function hasCommitted({ action, planSha256, planRows }: RunRecord): boolean {
  return action !== "plan" && planSha256 !== null && planRows > 0;
}

function codeOf({ run, fault }: FinishedRun): string | null {
  return run.code ?? fault?.code ?? null;
}

/** What waits for a person or a quota, or was called off, did not fail. */
function hasFailed({ run, fault }: FinishedRun): boolean {
  return run.state === "failed" || (run.state === "partial" && fault !== null);
}

/** The code alone: a fault's words may tell of rows. */
function setFailed(span: Span, code: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: code }).setAttribute("error.type", code);
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${(traceFlags & 1).toString()}`;
}
