// One rule of the vendor's contract: a name, and a proof against a fresh sandbox through any client.
import type { TestClient } from "./client.ts";
import type { StartedSandbox } from "./started-sandbox.ts";

export type Rule = {
  readonly rule: string;
  readonly proof: (client: TestClient, sandbox: StartedSandbox) => Promise<void>;
};

/** An external id that is unique without regard to case, on the object. */
export const EXTERNAL_ID = { name: "Ext__c", external_id: true, unique: true };
