import type { z } from "zod";
import type { Scope } from "../../contract/service.ts";
import type { ServiceParts } from "../service-parts.ts";
import type { Caller } from "./caller.ts";

/** What a route works with beside the service's own parts. */
export type ApiParts = ServiceParts & {
  readonly version: string;
  /** Text that Prometheus reads. */
  readonly metricsText: () => Promise<{ readonly type: string; readonly text: string }>;
};

export type Call<P, Q, B> = {
  readonly parts: ApiParts;
  readonly caller: Caller;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body's bytes, as they came; empty where there were none. */
  readonly raw: Buffer;
  /** The W3C traceparent of this request, where it is traced. */
  readonly cause: string | null;
  /** The answer to who came with a wrong key: 429 where too many such came from the same address. */
  readonly refuse: (answer: Answer) => Answer;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
};

export type Answer = {
  readonly status: number;
  /** JSON; with `type` a text of that kind. */
  readonly body: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** An answer that goes on until the caller leaves: server-sent events. */
export type Stream = { readonly stream: (write: (text: string) => void) => () => void };

/** One line of the API. The table of these is what the server serves and what its OpenAPI document is made of. */
export type Route<P = never, Q = never, B = never> = {
  readonly method: "GET" | "POST";
  /** Parameters in braces: `/api/v1/runs/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** null: open to everybody who reaches the service. */
  readonly scope: Scope | null;
  readonly params: z.ZodType<P>;
  readonly query: z.ZodType<Q>;
  readonly body: z.ZodType<B> | null;
  /** Headers that it reads beside the usual, by name, and what they mean. */
  readonly reads?: Readonly<Record<string, string>>;
  /** Bodies by status; the problem bodies go without saying. */
  readonly answers: Readonly<Record<number, z.ZodType | string>>;
  /** Answers of this act are kept in the audit log under this word. */
  readonly act?: string;
  readonly answer: (call: Call<P, Q, B>) => Promise<Answer | Stream>;
};

/** Lets the compiler see that what a route reads is what its schemas say. */
export function route<P, Q, B>(made: Route<P, Q, B>): Route {
  return made as unknown as Route;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
