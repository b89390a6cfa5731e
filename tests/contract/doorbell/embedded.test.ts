// Proves that the doorbell on the state's own rows is a doorbell.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedDoorbell } from "../../../src/service/embedded-doorbell.ts";
import { openState } from "../../../src/state/open-state.ts";
import { handClock, lockClock } from "./hand-clock.ts";
import { doorbellSuite } from "./suite.ts";

doorbellSuite("embedded, on SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-doorbell-"));
  const clock = handClock();
  const open: { close(): Promise<void> }[] = [];
  return {
    open: async () => {
      const state = await openState({ file: join(folder, "state.db"), mode: "create", clock: lockClock(clock) });
      open.push(state);
      return openEmbeddedDoorbell(state.rings, clock, Math.random);
    },
    kill: async () => {
      await open.pop()?.close();
    },
    now: clock.now,
    advance: clock.advance,
    jump: clock.jump,
    sleepers: clock.sleepers,
    remove: async () => {
      for (const state of open) await state.close();
      await rm(folder, { recursive: true });
    },
  };
});
