// Proves that one call is one request: it knows whether bytes left, drops a redirect unseen, and stops an endless answer.
import http from "node:http";
import { afterEach, expect, test } from "vitest";
import { type OneRequestOptions, oneRequestAgent } from "../../../src/kit/one-request-agent.ts";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function serve(answer: http.RequestListener): Promise<number> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function agentFor(options: Partial<OneRequestOptions> = {}) {
  const shared = new http.Agent({ keepAlive: true });
  open.push(() => shared.destroy());
  return oneRequestAgent(shared, { maxBytes: 1000, onRefused: () => {}, ...options });
}

function get(port: number, agent: http.Agent, path = "/"): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: "127.0.0.1", port, path, agent }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve(text));
        response.on("error", reject);
      })
      .on("error", reject);
  });
}

test("a request that went through was sent", async () => {
  const port = await serve((_, response) => response.end("hello"));
  const request = agentFor();
  expect(request.isSent()).toBe(false);
  expect(await get(port, request.agent)).toBe("hello");
  expect(request.isSent()).toBe(true);
});

test("a refused connection sent nothing", async () => {
  const port = await serve(() => {});
  for (const close of open.splice(0)) close();
  const request = agentFor();
  await expect(get(port, request.agent)).rejects.toThrow("ECONNREFUSED");
  expect(request.isSent()).toBe(false);
});

test("a second request, which is a redirect, never reaches its server", async () => {
  const seen: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    seen.push(request.url);
    response.end("ok");
  });
  const refused: string[] = [];
  const request = agentFor({ onRefused: (code, reason) => refused.push(code, reason) });
  await get(port, request.agent, "/first");
  await expect(get(port, request.agent, "/second")).rejects.toThrow();
  expect(seen).toEqual(["/first"]);
  expect(refused).toEqual(["REDIRECT", "it redirects to 127.0.0.1/second"]);
});

test("an answer over the cap is cut, once", async () => {
  const port = await serve((_, response) => {
    const more = () => response.write("x".repeat(600), () => response.destroyed || setImmediate(more));
    more();
  });
  const refused: string[] = [];
  const cut = new Promise<void>((resolve) => {
    const request = agentFor({
      onRefused: (code) => {
        refused.push(code);
        resolve();
      },
    });
    get(port, request.agent).catch(() => {});
  });
  await cut;
  expect(refused).toEqual(["TOO_LARGE"]);
});
