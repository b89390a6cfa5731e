import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { type Case, keyed, quiet, type Subject, upsert } from "../subject.ts";

const SLOW_MS = 20_000;
const BEHIND_DECORATORS_MS = 500;

async function abortWhenStruck(subject: Subject, controller: AbortController): Promise<void> {
  while ((await subject.struck()) === 0) await delay(5);
  controller.abort(new Error("stop"));
}

export const abortedInMidCall: readonly Case[] = [
  {
    title: "a call that is cancelled ends at once, in doubt; behind the decorators it comes home",
    run: async (subject) => {
      if (subject.isWrapped) {
        // A write that is on its way is not cut off: cancelling stops before the next one.
        await subject.mishap("write", { delay_ms: BEHIND_DECORATORS_MS });
        const stop = new AbortController();
        const sent = upsert(subject, [keyed(subject, "K1")], stop.signal);
        await abortWhenStruck(subject, stop);
        expect((await sent).outcomes.map((outcome) => outcome.kind)).toEqual(["applied"]);
        return;
      }
      await subject.mishap("write", { delay_ms: SLOW_MS });
      const controller = new AbortController();
      const before = await subject.calls();
      const writing = upsert(subject, [keyed(subject, "K1")], controller.signal).then(
        (reply) => reply.outcomes.map((outcome) => outcome.kind),
        () => ["cancelled"],
      );
      await abortWhenStruck(subject, controller);
      const aborted = performance.now();
      const [kind] = await writing;
      expect(performance.now() - aborted).toBeLessThan(SLOW_MS / 4);
      expect(kind).toBe("unknown");
      expect((await subject.calls()) - before).toBeLessThanOrEqual(1);
    },
  },
  {
    title: "a call that is cancelled before it starts sends nothing",
    run: async (subject) => {
      const { destination, object } = subject;
      const before = await subject.calls();
      const gone = AbortSignal.abort(new Error("stop"));
      const writing = upsert(subject, [keyed(subject, "K1")], gone).then(
        (reply) => reply.outcomes.map((outcome) => outcome.kind),
        () => ["deferred"],
      );
      expect(await writing).toEqual(["deferred"]);
      await expect(destination.describe(object, [], gone)).rejects.toThrow();
      expect((await subject.calls()) - before).toBe(0);
      await expect(destination.check(quiet)).resolves.toBeDefined();
    },
  },
];
