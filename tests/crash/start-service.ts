import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RunDocument } from "./check-memory.ts";
import { type Running, startProgram } from "./start-program.ts";

/** `sluice serve` in a process of its own, which may be gone at any moment. */
export interface Service {
  readonly running: Running;
  /** Everything that it wrote to stderr so far. */
  log(): string;
  /** Its address once it serves; null where it ended before. */
  readonly url: Promise<string | null>;
  /** Its runs of the sync, newest first; null where it is gone. */
  runs(): Promise<readonly RunDocument[] | null>;
  /** Asks for a run, and waits so many seconds for its end; null where it is gone. */
  trigger(waitSeconds: number): Promise<RunDocument | null>;
}

/** From a broken call to the end of a process that was killed. */
const DYING_MS = 5_000;

export function startService(dir: string, program: string, env: Readonly<Record<string, string>> = {}): Service {
  const running = startProgram(dir, [program, "serve", "--port", "0"], env);
  let log = "";
  running.child.stderr?.on("data", (text: string) => {
    log += text;
  });
  const url = new Promise<string | null>((resolve, reject) => {
    let said = "";
    running.child.stdout?.on("data", (text: string) => {
      said += text;
      const found = /serving (http:\S+),/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    running.ended.then(() => resolve(null), reject);
  });
  const ask = async <T>(method: string, path: string, body?: object): Promise<T | null> => {
    const base = await url;
    if (base === null) return null;
    try {
      const { key } = JSON.parse(readFileSync(join(dir, ".sluice/serve.json"), "utf8")) as { key: string };
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${base}/api/v1/${path}`, { method, headers, ...init });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return JSON.parse(text) as T;
    } catch (error) {
      const isGone = await Promise.race([running.ended.then(() => true), delay(DYING_MS, false)]);
      if (isGone) return null;
      throw error;
    }
  };
  return {
    ...{ running, url },
    log: () => log,
    runs: async () => (await ask<{ runs: RunDocument[] }>("GET", "runs?sync=people&limit=200"))?.runs ?? null,
    trigger: (wait) => ask<RunDocument>("POST", "syncs/people/runs", { wait }),
  };
}
