import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";

import { Fault } from "../../contract/fault.ts";
import { redact } from "../../core/redact.ts";
import type { RequestTrace } from "../service-parts.ts";
import { answerBadBytes, BROKEN } from "./bad-bytes.ts";
import { type Caller, type FindCaller, mayDo } from "./caller.ts";
import { DOCS_CSS, docsPage } from "./docs-page.ts";
import { checkHost, type HostRule } from "./hosts.ts";
import { openapi } from "./openapi.ts";
import { faultRefusal, refusal } from "./refusal.ts";
import type { Answer, ApiParts, Call, Route, Stream } from "./route.ts";

export type ServerOptions = {
  readonly parts: ApiParts;
  readonly routes: readonly Route[];
  readonly hosts: HostRule;
  readonly findCaller: FindCaller;
  /** For a whole request to arrive, ms; default 30 s. */
  readonly receiveMs?: number;
};

const MOST_BYTES = 1024 * 1024;
const RECEIVE_MS = 30_000;
const LONGEST_PARAM = 2_000;
const LONGEST_DETAIL = 300;
/** Listeners at once; each holds a socket. */
const MOST_STREAMS = 200;
/** What a listener that reads too slowly may leave unread. */
const MOST_UNREAD_BYTES = 1024 * 1024;

/** Every answer: nothing may frame it, guess its type or keep it. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
} as const;

/** The HTTP server over the table of routes; the caller listens and closes. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const { parts, routes, hosts, receiveMs = RECEIVE_MS } = options;
  const app = fastify({
    logger: false,
    bodyLimit: MOST_BYTES,
    requestTimeout: receiveMs,
    // A missing host is refused as a wrong one is, by us.
    http: { requireHostHeader: false, headersTimeout: receiveMs, connectionsCheckingInterval: receiveMs / 4 },
    clientErrorHandler: (error, socket) => answerBadBytes(error.code, socket, HEADERS),
    frameworkErrors: (error, _request, reply) => {
      send(parts, reply, errorAnswer(parts, error));
    },
    connectionTimeout: 0,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: LONGEST_PARAM },
  });
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  const bytes = new WeakMap<FastifyRequest, Buffer>();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    bytes.set(request, Buffer.from(body));
    // A POST that says JSON and sends nothing means the usual.
    if (body.length === 0) done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
  const traced = new WeakMap<FastifyRequest, RequestTrace>();
  app.addHook("onRequest", async (request, reply) => {
    traced.set(request, parts.traces.requestCame(request.method, request.headers));
    const refused = checkHost(hosts, request.method, request.headers.host, request.headers.origin);
    if (refused !== null) return send(parts, reply, refused);
  });
  app.addHook("onResponse", async (request, reply) => {
    const path = request.routeOptions.url ?? "unknown";
    parts.meters.answered(path, request.method, reply.statusCode, reply.elapsedTime / 1000);
    traced.get(request)?.answered(request.routeOptions.url ?? null, reply.statusCode);
  });
  app.setNotFoundHandler((request, reply) =>
    send(parts, reply, refusal(404, "NOT_FOUND", `there is no ${request.method} ${pathOf(request)}`, "see /docs")),
  );
  app.setErrorHandler((error, _request, reply) => send(parts, reply, errorAnswer(parts, error)));

  const streams = { open: 0 };
  for (const one of routes)
    app.route({
      method: one.method,
      url: one.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      // A stream that nobody reads would stay open for nothing.
      exposeHeadRoute: one.answers[200] !== "text/event-stream",
      handler: (request, reply) => {
        const more = { streams, raw: bytes.get(request) ?? EMPTY, cause: traced.get(request)?.cause ?? null };
        return serve(options, one, more, request, reply);
      },
    });
  const document = openapi(routes, parts.version);
  app.get("/openapi.json", async (_request, reply) => reply.headers(HEADERS).type("application/json").send(document));
  app.get("/docs", async (_request, reply) => reply.headers(HEADERS).type("text/html").send(docsPage(document)));
  app.get("/docs.css", async (_request, reply) => reply.headers(HEADERS).type("text/css").send(DOCS_CSS));
  return app;
}

async function serve(
  { parts, findCaller }: ServerOptions,
  one: Route,
  { streams, raw, cause }: { streams: { open: number }; raw: Buffer; cause: string | null },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const caller =
    one.scope === null ? NOBODY : await findCaller({ authorization: authorizationOf(request), address: request.ip });
  if ("status" in caller) return send(parts, reply, caller);
  if (one.scope !== null && !mayDo(caller, one.scope)) {
    const fix = `use a token with the scope ${one.scope}`;
    return send(parts, reply, refusal(403, "SCOPE_MISSING", `this needs the scope ${one.scope}`, fix));
  }
  const gone = new AbortController();
  // Of the answer, not of the socket: that one may carry many more calls.
  reply.raw.once("close", () => gone.abort(new Fault("CANCELLED", "the caller went away")));
  const read = readCall(one, request);
  if ("status" in read) return send(parts, reply, read);
  const refuse = (answer: Answer): Answer => findCaller.refuse(request.ip, answer);
  const call = { parts, caller, ...read, headers: plainHeaders(request), raw, cause, refuse, signal: gone.signal };
  const answer: Answer | Stream = await one.answer(call as unknown as Call<never, never, never>);
  if ("stream" in answer) return follow(parts, streams, answer, reply);
  await auditAct(parts, one, caller, read.params, answer);
  return send(parts, reply, answer);
}

const EMPTY = Buffer.alloc(0);
const NOBODY: Caller = { name: "anybody", scopes: [], syncs: [] };

type Read = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

/** What the request says, as the route's schemas read it; everything that is wrong with it at once. */
function readCall(one: Route, request: FastifyRequest): Read | Answer {
  const parsed = {
    params: one.params.safeParse(request.params),
    query: one.query.safeParse(request.query),
    body:
      one.body === null
        ? { success: true as const, data: null }
        : one.body.safeParse(request.body === undefined ? {} : request.body),
  };
  const wrong = Object.entries(parsed).flatMap(([where, result]) =>
    result.success ? [] : result.error.issues.map((issue) => `${[where, ...issue.path].join(".")}: ${issue.message}`),
  );
  if (wrong.length > 0) return refusal(400, "BAD_REQUEST", wrong.join("; "), "see /docs");
  return { params: parsed.params.data, query: parsed.query.data, body: parsed.body.data };
}

function authorizationOf(request: FastifyRequest): string[] {
  const { rawHeaders } = request.raw;
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && name.toLowerCase() === "authorization" ? [rawHeaders[index + 1] ?? ""] : [],
  );
}

function plainHeaders({ headers }: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}

async function auditAct(parts: ApiParts, one: Route, caller: Caller, params: unknown, answer: Answer): Promise<void> {
  if (one.act === undefined || answer.status >= 400) return;
  const { name, id } = params as { name?: string; id?: string };
  const body = answer.body as { id?: string; sync?: string; action?: string };
  const isOfSync = one.path.includes("/syncs/{name}");
  await parts.state.audit({
    at: parts.clock.now(),
    who: caller.name,
    act: one.act,
    sync: body.sync ?? (isOfSync ? (name ?? null) : null),
    run: body.id ?? id ?? null,
    detail: body.action ?? (isOfSync ? "" : (name ?? "")),
  });
}

/** No secret of the project leaves, whatever it was that said it. */
function send(parts: ApiParts, reply: FastifyReply, answer: Answer): FastifyReply {
  const { secrets } = parts.live.current().project;
  const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
  return reply
    .code(answer.status)
    .headers({ ...HEADERS, ...answer.headers })
    .type(answer.type ?? "application/json")
    .send(redact(text, secrets));
}

function follow(parts: ApiParts, streams: { open: number }, { stream }: Stream, reply: FastifyReply): unknown {
  if (streams.open >= MOST_STREAMS)
    return send(parts, reply, refusal(503, "TOO_MANY_LISTENERS", `${MOST_STREAMS} listen already`, "try again later"));
  reply.hijack();
  const { raw } = reply;
  const { secrets } = parts.live.current().project;
  raw.writeHead(200, { ...HEADERS, "content-type": "text/event-stream", connection: "keep-alive" });
  const leave = stream((text) => {
    if (raw.writableLength > MOST_UNREAD_BYTES) raw.destroy();
    else raw.write(redact(text, secrets));
  });
  streams.open++;
  raw.once("close", () => {
    streams.open--;
    leave();
  });
  return reply;
}

function errorAnswer(parts: ApiParts, error: unknown): Answer {
  if (error instanceof Fault) return faultRefusal(error);
  const { statusCode = 500, code = "INTERNAL", message = String(error) } = error as Partial<FastifyErrorLike>;
  if (statusCode < 500)
    return refusal(statusCode, BROKEN[statusCode] ?? "BAD_REQUEST", message.slice(0, LONGEST_DETAIL), "see /docs");
  parts.log.error({ code, stack: (error as Error).stack }, message);
  return refusal(500, "INTERNAL", "something went wrong here", "the service's log says more");
}

type FastifyErrorLike = { statusCode: number; code: string; message: string };

function pathOf(request: FastifyRequest): string {
  return request.url.split("?")[0]?.slice(0, 200) ?? "";
}
