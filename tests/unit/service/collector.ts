import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type SeenSpan = {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** 2: failed. */
  readonly status: { readonly code: number; readonly message?: string };
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
};

/** Takes spans as an OpenTelemetry collector does: OTLP over HTTP, as JSON. */
export interface Collector {
  readonly url: string;
  readonly paths: readonly string[];
  /** Everything that came, as it came. */
  readonly texts: readonly string[];
  readonly spans: readonly SeenSpan[];
  named(name: string): SeenSpan;
  close(): Promise<void>;
}

/** `status` null: never answers. */
export async function startCollector(status: number | null = 200): Promise<Collector> {
  const paths: string[] = [];
  const texts: string[] = [];
  const spans: SeenSpan[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      paths.push(request.url ?? "");
      texts.push(text);
      spans.push(...readSpans(JSON.parse(text) as Posted));
      if (status !== null) response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths, texts, spans },
    named: (name) => {
      const [span, ...more] = spans.filter((one) => one.name === name);
      if (span !== undefined && more.length === 0) return span;
      throw new Error(`not one span "${name}", but of ${spans.map((one) => one.name).join(", ")}`);
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

type Posted = { resourceSpans: { scopeSpans: { spans: PostedSpan[] }[] }[] };
type PostedSpan = Pick<SeenSpan, "name" | "traceId" | "spanId" | "status"> & {
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
  links?: SeenSpan["links"];
};

function readSpans({ resourceSpans }: Posted): SeenSpan[] {
  const posted = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  return posted.map((span) => ({
    ...{ name: span.name, traceId: span.traceId, spanId: span.spanId, status: span.status },
    parentSpanId: span.parentSpanId ?? null,
    startMs: Number(span.startTimeUnixNano) / 1e6,
    endMs: Number(span.endTimeUnixNano) / 1e6,
    attributes: Object.fromEntries(
      span.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? ""]),
    ),
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
  }));
}
