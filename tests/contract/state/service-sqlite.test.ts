// Proves that the SQLite state keeps what a service keeps.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openState } from "../../../src/state/open-state.ts";
import { fakeClock } from "./fake-clock.ts";
import { serviceSuite } from "./service-suite.ts";

serviceSuite("SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-service-"));
  const clock = fakeClock();
  const open: { close(): Promise<void> }[] = [];
  return {
    connect: async () => {
      const store = await openState({ file: join(folder, "state.db"), mode: "create", clock });
      open.push(store);
      return store;
    },
    now: clock.now,
    advance: clock.advance,
    remove: async () => {
      for (const store of open) await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
