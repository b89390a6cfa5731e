import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

/** One write as it went over the wire. */
export type SentWrite = {
  readonly operation: string;
  readonly id: string | null;
  readonly properties: Readonly<Record<string, string | null>>;
};

export interface Wiretap {
  readonly url: string;
  /** Every input of every batch that writes, in order. */
  sent(): readonly SentWrite[];
  forget(): void;
}

type Input = { id?: string; idProperty?: string; properties?: Record<string, string | null> };

/** A proxy in front of a sandbox that keeps the bodies of writes: the sandbox's own log has none. */
export function wiretapMaker(): (target: string) => Promise<Wiretap> {
  const closers: (() => void)[] = [];
  afterAll(() => {
    for (const close of closers) close();
  });
  return async (target) => {
    let writes: SentWrite[] = [];
    const server = createServer((from, to) => {
      pass(target, from, to, (path, body) => {
        const operation = /\/batch\/(create|update|upsert|archive)$/.exec(path)?.[1];
        if (operation === undefined) return;
        const { inputs } = JSON.parse(body) as { inputs: Input[] };
        for (const { id, properties } of inputs)
          writes.push({ operation, id: id ?? null, properties: properties ?? {} });
      });
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    closers.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      sent: () => writes,
      forget: () => {
        writes = [];
      },
    };
  };
}

function pass(
  target: string,
  from: IncomingMessage,
  to: ServerResponse,
  onBody: (path: string, body: string) => void,
): void {
  const chunks: Buffer[] = [];
  from.on("data", (chunk: Buffer) => chunks.push(chunk));
  from.on("end", () => {
    const body = Buffer.concat(chunks);
    onBody(from.url ?? "", body.toString("utf8"));
    const { host: _, ...headers } = from.headers;
    const onward = request(`${target}${from.url}`, { method: from.method, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
      answer.on("error", () => to.destroy());
    });
    onward.on("error", () => to.destroy());
    onward.end(body);
  });
}
