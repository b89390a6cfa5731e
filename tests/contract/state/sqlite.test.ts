// Proves that the SQLite state store is a state store.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StateStore } from "../../../src/contract/state.ts";
import { openState } from "../../../src/state/open-state.ts";
import { fakeClock } from "./fake-clock.ts";
import { stateSuite } from "./suite.ts";

stateSuite("SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-state-"));
  const clock = fakeClock();
  const open: StateStore[] = [];
  return {
    connect: async () => {
      const store = await openState({ file: join(folder, "state.db"), mode: "create", clock });
      open.push(store);
      return store;
    },
    advance: clock.advance,
    remove: async () => {
      for (const store of open) await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
