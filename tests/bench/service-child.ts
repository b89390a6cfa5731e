import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../demo/child-commands.ts";

export type Service = {
  readonly pid: number;
  readonly url: string;
  ask<T>(method: "GET" | "POST", path: string, body?: object): Promise<T>;
  /** Counts events of a kind from now on. */
  countEvents(kind: string): Promise<{ seen(): number; leave(): void }>;
  stop(): Promise<void>;
};

/** `sluice serve` in a process of its own, from the build in dist. */
export async function startService(dir: string): Promise<Service> {
  const serve = ["serve", "--project", dir, "--port", "0"];
  const shows = (line: string) => !line.startsWith('{"level":"info"');
  const { child, found: url, stop } = await startChild(serve, /serving (http:\S+),/, { shows });
  const { key } = JSON.parse(readFileSync(join(dir, ".sluice/serve.json"), "utf8")) as { key: string };
  return {
    pid: child.pid ?? 0,
    url,
    ask: async <T>(method: "GET" | "POST", path: string, body?: object) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
      return (/json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text) as T;
    },
    countEvents: async (kind) => {
      const leaving = new AbortController();
      const { signal } = leaving;
      const response = await fetch(`${url}/api/v1/events`, { headers: { authorization: `Bearer ${key}` }, signal });
      let seen = 0;
      void countLines(response, `event: ${kind}`, () => seen++);
      return { seen: () => seen, leave: () => leaving.abort() };
    },
    stop,
  };
}

async function countLines(response: Response, line: string, onLine: () => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const bytes of response.body ?? []) {
      const lines = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const one of lines) if (one === line) onLine();
    }
  } catch {
    // Whoever counts has left.
  }
}
