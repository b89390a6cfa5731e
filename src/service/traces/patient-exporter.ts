import { ExportResultCode } from "@opentelemetry/core";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { TracesOptions } from "./choose-traces.ts";

/** Between two words about an endpoint that does not take spans. */
const SAID_EVERY_MS = 60_000;
const LONGEST_REASON = 200;

/** Says what is lost, once a minute at most; an endpoint that is down is nobody else's trouble. */
export function patientExporter(exporter: SpanExporter, { clock, log }: TracesOptions): SpanExporter {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  let lost = 0;
  const noteLoss = (spans: number, error: Error | undefined): void => {
    lost += spans;
    if (clock.monotonicMs() - saidAtMs < SAID_EVERY_MS) return;
    saidAtMs = clock.monotonicMs();
    log.warn({ spans: lost, reason: reasonOf(error) }, "the endpoint for traces does not take them: spans are lost");
    lost = 0;
  };
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS) noteLoss(spans.length, result.error);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

/** What the endpoint's answer held is left out. */
function reasonOf(error: (Error & { readonly code?: unknown }) | undefined): string {
  if (error === undefined) return "unknown";
  const { code, message } = error;
  return [code, message]
    .filter((part) => part !== undefined && part !== "")
    .join(": ")
    .slice(0, LONGEST_REASON);
}
