import { PassThrough } from "node:stream";
import type { HttpCall } from "./exchange.ts";

export type JsforceAnswer = {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
};

/** Loads the vendor's client, and switches off what it does unasked. */
export async function loadJsforce() {
  const [{ Connection }, { HttpApi }, { setDefaults }, { Transport }, { StreamPromise }] = await Promise.all([
    import("jsforce/lib/connection.js"),
    import("jsforce/lib/http-api.js"),
    import("jsforce/lib/request.js"),
    import("jsforce/lib/transport.js"),
    import("jsforce/lib/util/promise.js"),
  ]);
  // Its retries ignore Retry-After, and re-send an upload with an empty body. They are one switch for the whole process.
  setDefaults({ retry: { maxRetries: 0 } });

  /** A transport that answers by `answer`, which must not reject. */
  function transport(answer: (call: HttpCall) => Promise<JsforceAnswer>) {
    return Object.assign(new Transport(), {
      httpRequest: (request: { method: string; url: string; headers?: Record<string, string>; body?: unknown }) =>
        StreamPromise.create(() => {
          const { method, url, headers = {}, body } = request;
          const call = { method, url, headers: { ...headers }, body: typeof body === "string" ? body : null };
          return { stream: new PassThrough(), promise: answer(call) };
        }),
    });
  }

  return { Connection, HttpApi, transport };
}

export type Jsforce = Awaited<ReturnType<typeof loadJsforce>>;
