// Proves that the simulation's state twin is a state store.
import { memoryState } from "../../sim/twins/memory-state.ts";
import { newStateDisk } from "../../sim/twins/state-disk.ts";
import { fakeClock } from "./fake-clock.ts";
import { stateSuite } from "./suite.ts";

stateSuite("in memory", async () => {
  const disk = newStateDisk();
  const clock = fakeClock();
  return {
    connect: async () => memoryState(disk, clock),
    advance: clock.advance,
    remove: async () => undefined,
  };
});
