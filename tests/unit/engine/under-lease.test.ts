// Proves that who meets a busy sync is told how long it can take at most where its process is no more.
import { expect, it } from "vitest";
import type { StateStore } from "../../../src/contract/state.ts";
import { takeLease } from "../../../src/engine/under-lease.ts";

it("a sync that is held names the time at which that ends by itself", async () => {
  const held = { ok: false, holder: "1@pod-7", untilMs: Date.UTC(2027, 0, 15, 8, 3) } as const;
  const state = { acquire: async () => held } as unknown as StateStore;
  await expect(takeLease(state, "people", { holder: "1@pod-8", isDead: () => false })).rejects.toMatchObject({
    code: "SYNC_BUSY",
    message: 'sync "people" is being run by 1@pod-7',
    fix: expect.stringContaining("2027-01-15T08:03:00.000Z"),
  });
});
