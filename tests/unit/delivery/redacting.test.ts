// Proves that what a vendor says again of credentials is kept nowhere, and addresses only in words about a row (S27).
import { expect, test } from "vitest";
import type { Destination, Outcome } from "../../../src/contract/destination.ts";
import { Fault, NO_HINTS } from "../../../src/contract/fault.ts";
import { redacting } from "../../../src/delivery/redacting.ts";
import { running } from "./samples.ts";

const SECRET = "pat-canary-4711";
const SAID = `Bearer ${SECRET} may not write ann@x.example`;
const CLEAN = "Bearer [secret] may not write ann@x.example";

function saying(outcomes: readonly Outcome[]): Destination {
  const reply = async () => ({ outcomes, refusedWhole: false, calls: 1, bytesOut: 1, hints: NO_HINTS });
  const refuse = async () => {
    throw new Fault("DESTINATION_REFUSED", SAID, { fix: `not with ${SECRET}`, cause: new Error(SAID) });
  };
  const inner: Partial<Destination> = {
    ...{ check: refuse, describe: refuse, find: refuse, write: reply },
    erasure: { terms: () => ({ word: "erased", remark: "" }), erase: reply },
  };
  return redacting(inner as Destination, [SECRET]);
}

test("words about a row lose secrets, whatever became of the row", async () => {
  const said: readonly Outcome[] = [
    { kind: "rejected", code: "X", field: null, message: SAID, suppressed: false },
    { kind: "deferred", code: "X", message: SAID },
    { kind: "exists", remoteId: "1", message: SAID },
    { kind: "unknown", reason: SAID },
    { kind: "applied", remoteId: "1", created: true, altered: [] },
  ];
  const destination = saying(said);
  const batch = { object: "contacts", operation: "upsert", writes: [] } as const;
  for (const reply of [
    await destination.write(batch, running()),
    await destination.erasure?.erase("contacts", "1", running()),
  ])
    expect(
      reply?.outcomes.map((one) => ("message" in one ? one.message : "reason" in one ? one.reason : null)),
    ).toEqual([...[CLEAN, CLEAN, CLEAN, CLEAN], null]);
});

test("words about a whole call lose addresses, too, and so does what caused them", async () => {
  const destination = saying([]);
  const asks = [
    () => destination.check(running()),
    () => destination.describe("contacts", [], running()),
    () => destination.find({ object: "contacts", by: "recordId", values: [], fields: [] }, running()),
  ];
  for (const ask of asks) {
    const fault: unknown = await ask().catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "DESTINATION_REFUSED", fix: "not with [secret]" });
    expect(fault).toHaveProperty("message", "Bearer [secret] may not write …@…");
    expect(fault).not.toHaveProperty("cause");
  }
});
