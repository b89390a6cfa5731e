import { defaultTextMapGetter, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { millisToHrTime, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Clock } from "../../contract/clock.ts";
import type { RequestTrace, Traces } from "../service-parts.ts";
import { openCauses } from "./causes.ts";
import type { TracesOptions } from "./choose-traces.ts";
import { patientExporter } from "./patient-exporter.ts";
import { workTrace } from "./work-trace.ts";

/** Finished spans that wait to be sent; what comes beyond is dropped. */
const MOST_WAITING = 2_048;
const BATCH = 512;
const SENT_EVERY_MS = 5_000;
/** For one batch to get across, with what is tried again: less than a service that stops waits. */
const EXPORT_MS = 4_000;

/**
 * Spans to an endpoint that takes OTLP over HTTP, as JSON. Headers, certificates and what the service is called come from
 * OpenTelemetry's own variables. Nothing is registered for the whole process; nothing here waits or fails but `close`.
 */
export function openTraces(url: string, options: TracesOptions): Traces {
  const { clock, version } = options;
  const exporter = patientExporter(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS }), options);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "sluice", "service.version": version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [
      new BatchSpanProcessor({
        ...{ exporter, maxQueueSize: MOST_WAITING, maxExportBatchSize: BATCH, scheduledDelayMillis: SENT_EVERY_MS },
      }),
    ],
  });
  const tracer = provider.getTracer("sluice", version);
  const causes = openCauses();
  return {
    requestCame: (method, headers) => requestTrace(tracer, clock, method, headers),
    asked: (run, cause) => causes.add(run, cause),
    workBegun: (sync) => workTrace({ tracer, clock, causes }, sync),
    close: async (signal) => {
      const { promise, resolve } = withResolver();
      signal.addEventListener("abort", resolve, { once: true });
      // What could not be sent was said by the exporter.
      await Promise.race([provider.shutdown().catch(() => undefined), promise]);
      signal.removeEventListener("abort", resolve);
    },
  };
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const W3C = new W3CTraceContextPropagator();

/** Of the path only the route: the rest may hold a row's key. */
function requestTrace(
  tracer: Tracer,
  clock: Clock,
  method: string,
  headers: Parameters<Traces["requestCame"]>[1],
): RequestTrace {
  const beganMs = clock.monotonicMs();
  const wallMs = clock.now();
  const span = tracer.startSpan(
    method,
    { kind: SpanKind.SERVER, startTime: millisToHrTime(wallMs), attributes: { "http.request.method": method } },
    W3C.extract(ROOT_CONTEXT, headers, defaultTextMapGetter),
  );
  const carrier: { traceparent?: string } = {};
  W3C.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, {
    set: (into, name, value) => {
      if (name === "traceparent") into.traceparent = value;
    },
  });
  return {
    cause: carrier.traceparent ?? null,
    answered: (route, status) => {
      if (route !== null) span.updateName(`${method} ${route}`).setAttribute("http.route", route);
      span.setAttribute("http.response.status_code", status);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute("error.type", String(status));
      span.end(millisToHrTime(wallMs + clock.monotonicMs() - beganMs));
    },
  };
}
