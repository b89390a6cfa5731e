// Proves that a lease is renewed while its run works, given back at the end, and that a run that lost it is stopped (S26).
import { expect, test } from "vitest";
import { Fault } from "../../../src/contract/fault.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import { keepLease } from "../../../src/engine/keep-lease.ts";
import { virtualClock } from "../delivery/virtual-clock.ts";

const LEASE = { sync: "people", epoch: 1, holder: "me" };

function keeping(failAt: number | null) {
  const clock = virtualClock();
  const acts: string[] = [];
  const state = {
    renew: async () => {
      acts.push(`renew ${clock.monotonicMs()}`);
      if (acts.length === failAt) throw new Fault("LEASE_LOST", "another run took over");
    },
    release: async () => {
      acts.push("release");
    },
  } as unknown as StateStore;
  const outer = new AbortController();
  return { clock, acts, outer, kept: keepLease.start(state, LEASE, clock, outer.signal) };
}

test("it is renewed in good time and released at the end", async () => {
  const { clock, acts, kept } = keeping(null);
  await clock.run(clock.sleep(50_000, new AbortController().signal));
  await kept.stop();
  expect(acts).toEqual(["renew 15000", "renew 30000", "renew 45000", "release"]);
  expect(kept.signal.aborted).toBe(false);
});

test("a lost lease aborts the run with its own word, and is not released", async () => {
  const { clock, acts, kept } = keeping(2);
  await clock.run(clock.sleep(50_000, new AbortController().signal));
  expect(kept.signal.reason).toMatchObject({ code: "LEASE_LOST" });
  await kept.stop();
  expect(acts).toEqual(["renew 15000", "renew 30000"]);
});

test("a wish to stop reaches the run", async () => {
  const { outer, kept } = keeping(null);
  outer.abort(new Error("enough"));
  expect(kept.signal.aborted).toBe(true);
  await kept.stop();
});
