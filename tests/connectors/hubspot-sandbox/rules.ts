// One rule of the vendor's contract: a name, and a proof against a fresh sandbox through any client.
import type { TestClient } from "./client.ts";
import type { StartedSandbox, SteppedClock } from "./started-sandbox.ts";

export type Rule = {
  readonly rule: string;
  readonly proof: (client: TestClient, sandbox: StartedSandbox, clock: SteppedClock) => Promise<void>;
};
