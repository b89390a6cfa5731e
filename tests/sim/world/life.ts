/** A simulated process: its own clocks and chance, its crash, its pauses. What is dead never hears an answer again. */
import type { Clock } from "../../../src/contract/clock.ts";
import type { Chance } from "./chance.ts";
import type { World } from "./world.ts";

const START_MS = 1_800_000_000_000;

/**
 * A port call of a process, counted from 1: from its start, from its first intent to write, of its writes alone, or of one
 * kind of call ("planner.accept").
 */
export type Point = { readonly from: string; readonly call: number };

/** `during` is for calls to the destination: applied, not answered. */
export type Crash = { readonly at: Point; readonly moment: "before" | "during" | "after" };

export type Fate = {
  readonly crash: Crash | null;
  /** It is killed so many ms after its start, whatever it does: while it waits, too. */
  readonly killAfterMs: number | null;
  /** It is killed soon after it was told to wait. */
  readonly diesWaiting: boolean;
  /** It is stopped for so long (SIGSTOP, a laptop that is closed). */
  readonly pause: { readonly at: Point; readonly ms: number } | null;
  /** Its wall clock is ahead by so much, and jumps again at the so-manieth call. */
  readonly skewMs: number;
  readonly jump: { readonly at: Point; readonly ms: number } | null;
  /** Other processes are about: every port call takes a moment, so that steps interleave. */
  readonly isSlow: boolean;
};

export const NO_FATE: Fate = {
  ...{ crash: null, killAfterMs: null, diesWaiting: false, pause: null, skewMs: 0, jump: null, isSlow: false },
};

export interface Life {
  readonly name: string;
  readonly isAlive: boolean;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Resolves when it dies. */
  readonly died: Promise<void>;
  /** Port calls so far. */
  readonly calls: number;
  /** A call through a port: may find the process dead before, may kill it before or after. */
  call<T>(what: string, effect: () => Promise<T>): Promise<T>;
  /** The start of a call to the destination; gives the moment at which this very call kills. */
  enter(what: string): Promise<Crash["moment"] | null>;
  /** Waits out a pause; never resolves in a dead process. */
  awake(): Promise<void>;
  /** The vendor told it to wait. */
  toldToWait(): void;
  die(where: string): void;
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}

const WRITES = new Set(["upsert", "create", "update", "archive", "delete"].map((name) => `vendor.${name}`));

export type Say = (who: string, text: string) => void;

export function newLife(world: World, name: string, fate: Fate, chance: Chance, say: Say): Life {
  let isAlive = true;
  let calls = 0;
  let firstIntent: number | null = null;
  let sent = 0;
  let named = 0;
  let wallOffsetMs = fate.skewMs;
  let pausedUntilMs = 0;
  let tellDeath: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    tellDeath = resolve;
  });
  const isGone = () => !isAlive;
  const sleepUntil = (atMs: number): Promise<void> => new Promise((wake) => world.at(atMs, wake, isGone));
  const awake = async (): Promise<void> => {
    while (isAlive && world.nowMs < pausedUntilMs) await sleepUntil(pausedUntilMs);
    if (!isAlive) await never();
  };
  const die = (where: string): void => {
    if (!isAlive) return;
    isAlive = false;
    say(name, `dies ${where}`);
    tellDeath();
  };
  const isNow = (point: Point | undefined, what: string): boolean => {
    const isSending = WRITES.has(what);
    if (point === undefined) return false;
    if (point.from === "sending") return isSending && sent === point.call;
    if (point.from.includes(".")) return what === point.from && named === point.call;
    const from = point.from === "start" ? 0 : firstIntent;
    return from !== null && calls === from + point.call;
  };
  const count = (what: string): Crash["moment"] | null => {
    calls++;
    if (WRITES.has(what)) sent++;
    if (what === fate.crash?.at.from) named++;
    if (what === "state.recordIntents") firstIntent ??= calls - 1;
    if (fate.jump !== null && isNow(fate.jump.at, what)) {
      wallOffsetMs += fate.jump.ms;
      say(name, `its wall clock jumps by ${fate.jump.ms} ms`);
    }
    return isNow(fate.crash?.at, what) ? (fate.crash?.moment ?? null) : null;
  };
  const pause = (): void => {
    if (fate.pause === null) return;
    pausedUntilMs = world.nowMs + fate.pause.ms;
    say(name, `is stopped for ${fate.pause.ms} ms`);
  };
  if (fate.killAfterMs !== null) world.at(world.nowMs + fate.killAfterMs, () => die("by SIGKILL"), isGone);
  const life: Life = {
    name,
    get isAlive() {
      return isAlive;
    },
    get calls() {
      return calls;
    },
    chance,
    died,
    clock: {
      now: () => START_MS + world.nowMs + wallOffsetMs,
      monotonicMs: () => world.nowMs,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          let isOver = false;
          const abort = (): void => {
            isOver = true;
            void awake().then(() => reject(signal.reason));
          };
          signal.addEventListener("abort", abort, { once: true });
          const wake = (): void => {
            if (world.nowMs < pausedUntilMs) {
              world.at(pausedUntilMs, wake, () => isOver || !isAlive);
              return;
            }
            isOver = true;
            signal.removeEventListener("abort", abort);
            resolve();
          };
          world.at(world.nowMs + ms, wake, () => isOver || !isAlive);
        }),
    },
    call: async (what, effect) => {
      if (!isAlive) return never();
      const moment = count(what);
      const isPaused = isNow(fate.pause?.at, what);
      if (fate.isSlow) {
        await sleepUntil(world.nowMs + chance.int(0, 20));
        await awake();
      }
      if (!isAlive) return never();
      if (moment === "before") {
        die(`before ${what}`);
        return never();
      }
      try {
        return await effect();
      } finally {
        if (moment !== null) die(`after ${what}`);
        if (isPaused) pause();
        // A dead process hears neither answer nor error.
        if (!isAlive || world.nowMs < pausedUntilMs) await awake();
      }
    },
    enter: async (what) => {
      if (!isAlive) return never();
      const moment = count(what);
      if (moment === "before") {
        die(`before ${what}`);
        return never();
      }
      return moment;
    },
    awake,
    toldToWait: () => {
      if (fate.diesWaiting) world.at(world.nowMs + 300, () => die("while it waits"), isGone);
    },
    die,
  };
  return life;
}
