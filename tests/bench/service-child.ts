import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../demo/child-commands.ts";

export type Service = {
  readonly pid: number;
  readonly url: string;
  ask<T>(method: "GET" | "POST", path: string, body?: object): Promise<T>;
  stop(): Promise<void>;
};

/** `sluice serve` in a process of its own, from the build in dist. */
export async function startService(dir: string): Promise<Service> {
  const {
    child,
    found: url,
    stop,
  } = await startChild(["serve", "--project", dir, "--port", "0"], /serving (http:\S+),/);
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
    stop,
  };
}
