import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Project, RunDocument, Running } from "./project.ts";

export type Answered<T> = { readonly status: number; readonly body: T; readonly headers: Headers };

/** The real service in a process of its own, asked over HTTP as its own user. */
export interface ServiceUnderTest {
  readonly url: string;
  readonly running: Running;
  /** Everything that it wrote to stderr so far. */
  log(): string;
  ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: object,
  ): Promise<Answered<T>>;
  start(sync: string, body?: object): Promise<Answered<RunDocument>>;
  /** Events as they come, until `wanted` is among them. */
  eventsUntil(wanted: (event: ServiceEvent) => boolean, path?: string): Promise<readonly ServiceEvent[]>;
  /** Ends it as an orchestrator does. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}
export type ServiceEvent = { readonly id: string; readonly kind: string; readonly body: Record<string, unknown> };

const LONGEST_MS = 60_000;

export async function startService(project: Project, args: readonly string[] = []): Promise<ServiceUnderTest> {
  const running = project.start(["serve", "--port", "0", ...args]);
  let log = "";
  running.child.stderr?.on("data", (text: string) => {
    log += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    running.child.stdout?.on("data", (text: string) => {
      said += text;
      const found = /serving (http:\S+),/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    void running.ended.then((ended) => reject(new Error(`the service ended: ${ended.stderr}`)));
  });
  // A service that was killed before left its own; this one's stands there by now.
  const { key } = JSON.parse(readFileSync(join(project.dir, ".sluice/serve.json"), "utf8")) as { key: string };
  const ask = async <T>(method: string, path: string, body?: unknown, headers: object = {}): Promise<Answered<T>> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, body: (isJson ? JSON.parse(text) : text) as T, headers: response.headers };
  };
  return {
    url,
    running,
    log: () => log,
    ask,
    start: (sync, body = {}) => ask<RunDocument>("POST", `/api/v1/syncs/${sync}/runs`, body),
    eventsUntil: (wanted, path = "/api/v1/events") => readEvents(`${url}${path}`, key, wanted),
    stop: async (signal = "SIGTERM") => {
      running.child.kill(signal);
      return (await running.ended).status;
    },
  };
}

async function readEvents(
  url: string,
  key: string,
  wanted: (event: ServiceEvent) => boolean,
): Promise<readonly ServiceEvent[]> {
  const headers = { authorization: `Bearer ${key}`, "last-event-id": "0" };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(LONGEST_MS) });
  const events: ServiceEvent[] = [];
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = eventOf(block);
      if (event === null) continue;
      events.push(event);
      // Leaving the loop ends the connection.
      if (wanted(event)) return events;
    }
  }
  throw new Error(`the events ended: ${JSON.stringify(events)}`);
}

function eventOf(block: string): ServiceEvent | null {
  const part = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
  const [id, kind, body] = [part("id"), part("event"), part("data")];
  if (id === undefined || kind === undefined || body === undefined) return null;
  return { id, kind, body: JSON.parse(body) as Record<string, unknown> };
}

/** Asks again and again until it holds. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const endsAt = Date.now() + LONGEST_MS;
  while (!(await holds())) {
    if (Date.now() > endsAt) throw new Error("it never came to hold");
    await delay(50);
  }
}
