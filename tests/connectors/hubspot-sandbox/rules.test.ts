// Proves that the sandbox behaves as HubSpot does, through the vendor's client and through plain fetch alike.
import { describe, test } from "vitest";
import { BATCH_RULES } from "./batch-rules.ts";
import { plainClient } from "./plain-client.ts";
import { RECORD_RULES } from "./record-rules.ts";
import { startedSandbox, steppedClock } from "./started-sandbox.ts";
import { VALUE_RULES } from "./value-rules.ts";
import { vendorClient } from "./vendor-client.ts";

const CLIENTS = [
  ["@hubspot/api-client", vendorClient],
  ["plain fetch", plainClient],
] as const;

describe.each(CLIENTS)("through %s", (_name, open) => {
  test.each([...BATCH_RULES, ...VALUE_RULES, ...RECORD_RULES])("$rule", async ({ proof }) => {
    const clock = steppedClock();
    const sandbox = await startedSandbox({ clock: clock.clock });
    await proof(open(sandbox.url), sandbox, clock);
  });
});
