// Proves that the sandbox behaves as Salesforce does, through jsforce and through plain fetch alike.
import { describe, test } from "vitest";
import { COLLECTION_RULES } from "./collection-rules.ts";
import { DESCRIBE_RULES } from "./describe-rules.ts";
import { jsforceClient } from "./jsforce-client.ts";
import { ORG_RULES } from "./org-rules.ts";
import { plainClient } from "./plain-client.ts";
import { QUERY_RULES } from "./query-rules.ts";
import { SINGLE_RECORD_RULES } from "./single-record-rules.ts";
import { startedSandbox } from "./started-sandbox.ts";
import { TROUBLE_RULES } from "./trouble-rules.ts";
import { VALUE_RULES } from "./value-rules.ts";

const CLIENTS = [
  ["jsforce", jsforceClient],
  ["plain fetch", plainClient],
] as const;

const RULES = [
  COLLECTION_RULES,
  VALUE_RULES,
  ORG_RULES,
  SINGLE_RECORD_RULES,
  QUERY_RULES,
  DESCRIBE_RULES,
  TROUBLE_RULES,
].flat();

describe.each(CLIENTS)("through %s", (_name, open) => {
  test.each(RULES)("$rule", async ({ proof }) => {
    const sandbox = await startedSandbox();
    await proof(await open(sandbox.url), sandbox);
  });
});
