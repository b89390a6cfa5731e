import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
};

/** Somebody's webhook: keeps what it gets, and answers as the test says (200 where it says nothing). */
export type Receiver = {
  readonly url: string;
  readonly port: number;
  readonly got: Received[];
  answer: (response: ServerResponse, nth: number) => void;
};

/** Starts receivers that end with the test file. */
export function receiverMaker(): () => Promise<Receiver> {
  const closers: (() => void)[] = [];
  afterAll(() => {
    for (const close of closers) close();
  });
  return async () => {
    const got: Received[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        got.push({ path: request.url ?? "", headers: request.headers, text: Buffer.concat(chunks).toString("utf8") });
        receiver.answer(response, got.length);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const receiver: Receiver = {
      url: `http://127.0.0.1:${port}/hook`,
      port,
      got,
      answer: (response) => response.end(),
    };
    return receiver;
  };
}
