// One sandbox a test, closed after it, with a clock that only moves when the test says so.
import { onTestFinished } from "vitest";
import { type SandboxOverrides, startHubspotSandbox } from "../../../connectors/hubspot/sandbox/server.ts";
import type { Clock } from "../../../src/contract/clock.ts";

export type SteppedClock = { readonly clock: Clock; advance(ms: number): Promise<void> };

export function steppedClock(startMs = 1_750_000_000_000): SteppedClock {
  let elapsedMs = 0;
  let sleepers: { dueMs: number; wake: () => void }[] = [];
  return {
    clock: {
      now: () => startMs + elapsedMs,
      monotonicMs: () => elapsedMs,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          sleepers.push({ dueMs: elapsedMs + ms, wake: resolve });
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        }),
    },
    async advance(ms) {
      elapsedMs += ms;
      const due = sleepers.filter((sleeper) => sleeper.dueMs <= elapsedMs);
      sleepers = sleepers.filter((sleeper) => sleeper.dueMs > elapsedMs);
      for (const sleeper of due) sleeper.wake();
      // The woken code runs in microtasks.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export type Logged = { method: string; path: string; status: number; ms: number; rows: number; time: number };
export type Dumped = { id: string; properties: Record<string, string | null>; archived: boolean; createdAt: string };

export type StartedSandbox = {
  readonly url: string;
  /** Status and JSON of a control call. */
  control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  dump(object: string, more?: string): Promise<Dumped[]>;
  seed(object: string, ...records: Record<string, unknown>[]): Promise<string[]>;
  fault(fault: unknown, match?: { method?: string; path?: string }, more?: object): Promise<void>;
  requests(): Promise<Logged[]>;
  close(): Promise<void>;
};

type Started = Partial<{ port: number; seed: number; tier: string; dataFile: string | null }> & SandboxOverrides;

export async function startedSandbox(options: Started = {}): Promise<StartedSandbox> {
  const { port = 0, seed = 7, tier = "unlimited", dataFile = null, ...overrides } = options;
  const sandbox = await startHubspotSandbox({ port, seed, tier, dataFile }, overrides);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await sandbox.close();
    isOpen = false;
  };
  onTestFinished(close);

  async function control(method: string, path: string, body?: unknown) {
    const response = await fetch(`${sandbox.url}/__sandbox/${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  }

  async function expectOk<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await control(method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  return {
    url: sandbox.url,
    control,
    close,
    dump: (object, more = "") => expectOk("GET", `dump?object=${object}${more}`),
    seed: async (object, ...records) => (await expectOk<{ ids: string[] }>("POST", "records", { object, records })).ids,
    fault: async (fault, match = {}, more = {}) => {
      await expectOk("POST", "faults", { match, fault, ...more });
    },
    requests: () => expectOk("GET", "requests"),
  };
}
