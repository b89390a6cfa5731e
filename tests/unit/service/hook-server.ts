import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};
/** `hang`: no answer at all. */
export type Reply = { readonly status?: number; readonly body?: unknown; readonly location?: string } | "hang";

/** A server on this machine that somebody's hook calls; it answers as it is told. */
export interface HookServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  answer: (request: Seen) => Reply;
  close(): Promise<void>;
}

export async function startHookServer(): Promise<HookServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const asked = { method, path: url, headers, body };
      seen.push(asked);
      const reply = made.answer(asked);
      if (reply === "hang") return;
      const { status = 200, body: said = {}, location } = reply;
      response.writeHead(status, location === undefined ? {} : { location });
      response.end(typeof said === "string" ? said : JSON.stringify(said));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const made: HookServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer: () => ({}),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return made;
}
