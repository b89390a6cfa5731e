// One sandbox a test, closed after it, with its control calls at hand.
import { onTestFinished } from "vitest";
import { type SandboxOverrides, startSalesforceSandbox } from "../../../connectors/salesforce/sandbox/server.ts";

export type Logged = { method: string; path: string; status: number; ms: number; rows: number; time: number };
export type Dumped = { Id: string; IsDeleted: boolean; [field: string]: string | number | boolean | null };

export type StartedSandbox = {
  readonly url: string;
  /** Status and JSON of a control call: "POST", "fields". */
  control(method: string, name: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  fields(object: string, ...fields: object[]): Promise<void>;
  /** One of the sandbox's own control calls: "triggers", "merge". */
  setUp<T = unknown>(name: string, body: object): Promise<T>;
  seed(object: string, ...records: object[]): Promise<string[]>;
  dump(object: string, more?: string): Promise<Dumped[]>;
  fault(fault: unknown, match?: { method?: string; path?: string }, more?: object): Promise<void>;
  requests(): Promise<Logged[]>;
  close(): Promise<void>;
};

type Started = Partial<{ port: number; seed: number; tier: string; dataFile: string | null }> & SandboxOverrides;

export async function startedSandbox(options: Started = {}): Promise<StartedSandbox> {
  const { port = 0, seed = 7, tier = "unlimited", dataFile = null, ...overrides } = options;
  const sandbox = await startSalesforceSandbox({ port, seed, tier, dataFile }, overrides);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await sandbox.close();
    isOpen = false;
  };
  onTestFinished(close);

  async function send(method: string, path: string, body?: unknown) {
    const response = await fetch(`${sandbox.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  }

  async function expectOk<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await send(method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  return {
    url: sandbox.url,
    control: (method, name, body) => send(method, `/__sandbox/${name}`, body),
    close,
    fields: async (object, ...fields) => {
      await expectOk("POST", "/__sandbox/fields", { object, fields });
    },
    setUp: (name, body) => expectOk("POST", `/__sandbox/${name}`, body),
    seed: async (object, ...records) =>
      (await expectOk<{ ids: string[] }>("POST", "/__sandbox/records", { object, records })).ids,
    dump: (object, more = "") => expectOk("GET", `/__sandbox/dump?object=${object}${more}`),
    fault: async (fault, match = {}, more = {}) => {
      await expectOk("POST", "/__sandbox/faults", { match, fault, ...more });
    },
    requests: () => expectOk("GET", "/__sandbox/requests"),
  };
}
