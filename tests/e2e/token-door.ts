import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

/** A proxy in front of a sandbox that takes a token of the test's own, where the sandbox knows only its one. */
export function tokenDoorMaker(): (target: string, token: string) => Promise<string> {
  const closers: (() => void)[] = [];
  afterAll(() => {
    for (const close of closers) close();
  });
  return async (target, token) => {
    const server = createServer((from, to) => {
      const isRight = from.headers.authorization === `Bearer ${token}`;
      const { host: _, ...headers } = { ...from.headers, authorization: isRight ? "Bearer sandbox" : "Bearer none" };
      const onward = request(`${target}${from.url}`, { method: from.method, headers }, (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(to);
        answer.on("error", () => to.destroy());
      });
      onward.on("error", () => to.destroy());
      from.pipe(onward);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
}
