// Decides what a doorbell is: nothing rings twice at once, nothing is lost, whoever slept too long is told so. Any doorbell passes it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Doorbell, Ring, RingWorker } from "../../../src/contract/doorbell.ts";

/** One place where rings are kept, and the clock that they are due by. */
export type DoorbellPlace = {
  /** As a process that starts. */
  readonly open: () => Promise<Doorbell>;
  /** The process of the newest doorbell is no more; nothing was given back. */
  readonly kill: () => Promise<void>;
  readonly now: () => number;
  readonly advance: (ms: number) => void;
  /** The wall clock alone goes on: the machine slept. */
  readonly jump: (ms: number) => void;
  /** How many workers, and keepers of what is at work, wait for the clock. */
  readonly sleepers: () => number;
  readonly remove: () => Promise<void>;
};

const SECOND = 1_000;
const MINUTE = 60_000;
const LONGEST_MS = 50_000;
/** Long enough for a worker that has something to take to take it. */
const QUIET_MS = 15;

type Work = (ring: Ring, signal: AbortSignal) => Promise<number | null>;
/** A worker that notes what rings and keeps it until it is let go. */
type Keeper = { readonly rung: Ring[]; readonly letGo: (again?: number | null) => void; readonly work: Work };

export function doorbellSuite(name: string, makePlace: () => Promise<DoorbellPlace>): void {
  describe(`doorbell: ${name}`, () => {
    let place: DoorbellPlace;
    let bell: Doorbell;
    let workers: RingWorker[];
    let errors: unknown[];

    beforeEach(async () => {
      place = await makePlace();
      bell = await place.open();
      workers = [];
      errors = [];
    });
    afterEach(async () => {
      for (const worker of workers) await worker.stop(new Error("the test is over"));
      await place.remove();
    });

    const start = (work: Work, atOnce = 4, on = bell, queue = "run"): RingWorker => {
      const worker = on.work(work, { queue, atOnce, onError: (error) => errors.push(error) });
      workers.push(worker);
      return worker;
    };
    /** Notes keys in the order in which they ring. */
    const listen = (again: (ring: Ring) => number | null = () => null): Ring[] => {
      const rung: Ring[] = [];
      start(async (ring) => {
        rung.push(ring);
        return again(ring);
      });
      return rung;
    };
    const rings = (rung: readonly Ring[]): string[] => rung.map(({ key }) => key);
    const pass = async (ms: number): Promise<void> => {
      place.advance(ms);
      await quiet();
    };

    describe("rings", () => {
      it("reach a worker once, with the time at which they were due", async () => {
        const rung = listen();
        await bell.enqueue("run:a");
        await until(() => rung.length > 0);
        await pass(MINUTE);
        expect(rung).toEqual([{ key: "run:a", dueMs: place.now() - MINUTE, ticket: expect.any(String) }]);
      });

      it("that nobody has taken yet are one, due since the first", async () => {
        await bell.enqueue("run:a");
        place.advance(SECOND);
        await Promise.all([bell.enqueue("run:a"), bell.enqueue("run:a"), bell.enqueue("run:a")]);
        const rung = listen();
        await until(() => rung.length > 0);
        await pass(0);
        expect(rung.map(({ key, dueMs }) => [key, dueMs])).toEqual([["run:a", place.now() - SECOND]]);
      });

      it("of a key that is at work ring again after it, once", async () => {
        const keeper = keep();
        start(keeper.work);
        await bell.enqueue("run:a");
        await until(() => keeper.rung.length === 1);
        for (let i = 0; i < 3; i++) await bell.enqueue("run:a");
        await quiet();
        expect(keeper.rung).toHaveLength(1);
        keeper.letGo();
        await until(() => keeper.rung.length === 2);
        keeper.letGo();
        await pass(MINUTE);
        expect(rings(keeper.rung)).toEqual(["run:a", "run:a"]);
        expect(keeper.rung[0]?.ticket).not.toBe(keeper.rung[1]?.ticket);
      });

      it("come oldest first, whatever their keys", async () => {
        for (const key of ["run:c", "run:a", "run:b"]) {
          await bell.enqueue(key);
          place.advance(SECOND);
        }
        await bell.schedule("run:0", place.now() - 10 * SECOND);
        const rung: string[] = [];
        start(async ({ key }) => {
          rung.push(key);
          return null;
        }, 1);
        await until(() => rung.length === 4);
        expect(rung).toEqual(["run:0", "run:c", "run:a", "run:b"]);
      });

      it("carry any key: colons, other alphabets, 300 characters", async () => {
        const keys = ["run:a:b", "run:größe 名", `run:${"x".repeat(300)}`, "run:'; drop table ring; --"];
        const rung = listen();
        for (const key of keys) await bell.enqueue(key);
        await until(() => rung.length === keys.length);
        expect(rings(rung).sort()).toEqual([...keys].sort());
      });
    });

    describe("queues", () => {
      it("are apart: a worker takes only of its own, whose name ends with the colon", async () => {
        const rung = listen();
        for (const key of ["fire:a", "runs:a", "ru:a", "ran:a", "run:a"]) await bell.enqueue(key);
        await bell.schedule("fire:b", place.now() + SECOND);
        await until(async () => rung.length > 0 && (await bell.stats()).working === 0);
        await pass(MINUTE);
        expect(rings(rung)).toEqual(["run:a"]);
        expect(await bell.stats()).toMatchObject({ waiting: 5, working: 0 });
      });

      it("whose workers are all at work hold no other back", async () => {
        const busy = keep();
        start(busy.work, 1);
        await bell.enqueue("run:long");
        await until(() => busy.rung.length === 1);
        await bell.enqueue("run:next");
        const fired: string[] = [];
        const note: Work = async ({ key }) => {
          fired.push(key);
          return null;
        };
        start(note, 1, bell, "fire");
        await bell.schedule("fire:a", place.now() + SECOND);
        await pass(SECOND);
        await until(() => fired.length === 1);
        expect(rings(busy.rung)).toEqual(["run:long"]);
        busy.letGo();
        await until(() => busy.rung.length === 2);
        busy.letGo();
      });
    });

    describe("plans", () => {
      it("ring at their time and not before; due then, however late the worker is", async () => {
        const at = place.now() + 10 * SECOND;
        await bell.schedule("run:a", at);
        const rung = listen();
        await pass(10 * SECOND - 1);
        expect(rung).toEqual([]);
        place.advance(1);
        await until(() => rung.length === 1);
        expect(rung[0]).toMatchObject({ key: "run:a", dueMs: at });
        await pass(MINUTE);
        expect(rung).toHaveLength(1);
      });

      it("take the place of the one before, earlier or later", async () => {
        const rung = listen();
        await bell.schedule("run:a", place.now() + 5 * SECOND);
        await bell.schedule("run:a", place.now() + 20 * SECOND);
        await bell.schedule("run:b", place.now() + 20 * SECOND);
        await bell.schedule("run:b", place.now() + 5 * SECOND);
        await pass(5 * SECOND);
        await until(() => rung.length > 0);
        expect(rings(rung)).toEqual(["run:b"]);
        place.advance(15 * SECOND);
        await until(() => rung.length === 2);
        expect(rings(rung)).toEqual(["run:b", "run:a"]);
      });

      it("are taken back by null, also where there was none", async () => {
        const rung = listen();
        await bell.schedule("run:a", place.now() + SECOND);
        await bell.schedule("run:a", null);
        await bell.schedule("run:b", null);
        await pass(MINUTE);
        expect(rung).toEqual([]);
        expect(await bell.stats()).toEqual({ planned: 0, waiting: 0, working: 0, lagMs: 0 });
      });

      it("and rings: the earlier wins, and a plan for later stays", async () => {
        const later = place.now() + 10 * SECOND;
        await bell.schedule("run:later", later);
        await bell.enqueue("run:later");
        await bell.schedule("run:past", place.now() - SECOND);
        await bell.enqueue("run:past");
        const due = place.now();
        const rung = listen();
        await until(() => rung.length === 2);
        expect(rung.map(({ key, dueMs }) => [key, dueMs])).toEqual([
          ["run:past", due - SECOND],
          ["run:later", due],
        ]);
        await pass(10 * SECOND);
        await until(() => rung.length > 2);
        expect(rung.slice(2).map(({ key, dueMs }) => [key, dueMs])).toEqual([["run:later", later]]);
      });

      it("taken back by null leave a ring standing", async () => {
        await bell.schedule("run:a", place.now() + SECOND);
        await bell.enqueue("run:a");
        await bell.schedule("run:a", null);
        const rung = listen();
        await until(() => rung.length > 0);
        await pass(MINUTE);
        expect(rings(rung)).toEqual(["run:a"]);
      });

      it("made while the key is at work are kept", async () => {
        const keeper = keep();
        start(keeper.work);
        await bell.enqueue("run:a");
        await until(() => keeper.rung.length === 1);
        const at = place.now() + SECOND;
        await bell.schedule("run:a", at);
        await pass(5 * SECOND);
        expect(keeper.rung).toHaveLength(1);
        keeper.letGo();
        await until(() => keeper.rung.length === 2);
        expect(keeper.rung[1]?.dueMs).toBe(at);
        keeper.letGo();
      });
    });

    describe("cancel", () => {
      it("takes back what waits and what is planned", async () => {
        await bell.enqueue("run:a");
        await bell.schedule("run:a", place.now() + SECOND);
        await bell.cancel("run:a");
        await bell.cancel("run:unknown");
        const rung = listen();
        await pass(MINUTE);
        expect(rung).toEqual([]);
      });

      it("lets who works on it go on, and takes back what rang meanwhile", async () => {
        const keeper = keep();
        start(keeper.work);
        await bell.enqueue("run:a");
        await until(() => keeper.rung.length === 1);
        await bell.enqueue("run:a");
        await bell.cancel("run:a");
        expect((await bell.stats()).working).toBe(1);
        keeper.letGo();
        await pass(MINUTE);
        expect(keeper.rung).toHaveLength(1);
        await bell.enqueue("run:a");
        await until(() => keeper.rung.length === 2);
        keeper.letGo();
      });
    });

    describe("the worker's answer", () => {
      it("is when to ring again; a ring in between comes earlier", async () => {
        const rung = listen(() => place.now() + 10 * SECOND);
        await bell.enqueue("run:a");
        await until(() => rung.length === 1);
        await pass(10 * SECOND - 1);
        expect(rung).toHaveLength(1);
        place.advance(1);
        await until(() => rung.length === 2);
        await quiet();
        await bell.enqueue("run:a");
        await until(() => rung.length === 3);
      });

      it("of a time that is over rings again at once", async () => {
        let left = 3;
        const rung = listen(() => (--left > 0 ? place.now() : null));
        await bell.enqueue("run:a");
        await until(() => rung.length === 3);
        await pass(MINUTE);
        expect(rung).toHaveLength(3);
      });

      it("that is an error is told, and the key rings again after a pause, as often as it takes", async () => {
        let left = 2;
        const rung: Ring[] = [];
        start(async (ring) => {
          rung.push(ring);
          if (left-- > 0) throw new Error(`failure ${left}`);
          return null;
        });
        await bell.enqueue("run:a");
        await until(() => errors.length === 1);
        await quiet();
        expect(rung).toHaveLength(1);
        await pass(MINUTE);
        await until(() => rung.length === 2);
        await pass(MINUTE);
        await until(() => rung.length === 3);
        await pass(MINUTE);
        expect(rung).toHaveLength(3);
        expect(errors.map(String)).toEqual(["Error: failure 1", "Error: failure 0"]);
      });

      it("one that throws before its first await is no other", async () => {
        start(() => {
          throw new Error("at once");
        });
        const rung: string[] = [];
        await bell.enqueue("run:a");
        await until(() => errors.length === 1);
        await workers.pop()?.stop(new Error("over"));
        start(async ({ key }) => {
          rung.push(key);
          return null;
        });
        await pass(MINUTE);
        await until(() => rung.length > 0);
        expect(rung).toEqual(["run:a"]);
      });
    });

    describe("workers", () => {
      it("take no more than they may at once, and get through all of it", async () => {
        const keys = Array.from({ length: 25 }, (_, index) => `run:${index}`);
        for (const key of keys) await bell.enqueue(key);
        const atWork = new Set<string>();
        let most = 0;
        let done = 0;
        start(async ({ key }) => {
          atWork.add(key);
          most = Math.max(most, atWork.size);
          await new Promise(setImmediate);
          atWork.delete(key);
          done++;
          return null;
        }, 3);
        await until(() => done === keys.length);
        expect(most).toBe(3);
      });

      it("never have one key at two of them at once, however often it rings", async () => {
        const atWork = new Map<string, number>();
        let twice = 0;
        let turns = 0;
        const work: Work = async ({ key }) => {
          const others = atWork.get(key) ?? 0;
          if (others > 0) twice++;
          atWork.set(key, others + 1);
          await new Promise(setImmediate);
          atWork.set(key, (atWork.get(key) ?? 1) - 1);
          turns++;
          return null;
        };
        start(work, 2);
        start(work, 2);
        for (let i = 0; i < 30; i++) await Promise.all([bell.enqueue("run:a"), bell.enqueue("run:b")]);
        await until(async () => (await bell.stats()).working === 0 && (await bell.stats()).waiting === 0);
        expect(twice).toBe(0);
        expect(turns).toBeGreaterThanOrEqual(2);
      });

      it("keep what they work on, however long it takes", async () => {
        const keeper = keep();
        start(keeper.work);
        start(keeper.work);
        await bell.enqueue("run:a");
        await until(() => keeper.rung.length === 1);
        for (let i = 0; i < 12; i++) {
          await pass(15 * SECOND);
          // Both workers, and who keeps the ring.
          await until(() => place.sleepers() === 3);
        }
        expect(keeper.rung).toHaveLength(1);
        expect((await bell.stats()).working).toBe(1);
        keeper.letGo();
      });

      it("keep what they work on when the whole machine slept", async () => {
        const keeper = keep();
        start(keeper.work);
        await bell.enqueue("run:a");
        await until(() => keeper.rung.length === 1);
        place.jump(8 * 60 * MINUTE);
        for (let i = 0; i < 5; i++) await pass(SECOND);
        expect(keeper.rung).toHaveLength(1);
        const [ring] = keeper.rung;
        expect(ring === undefined ? false : await bell.extend(ring)).toBe(true);
        keeper.letGo();
      });

      it("that stop abort what works, wait until it is back, and take nothing more", async () => {
        let reason: unknown = null;
        let isBack = false;
        const rung: string[] = [];
        const worker = start(async ({ key }, signal) => {
          rung.push(key);
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
          reason = signal.reason;
          await quiet();
          isBack = true;
          return null;
        }, 1);
        await bell.enqueue("run:a");
        await until(() => rung.length === 1);
        await bell.enqueue("run:b");
        const end = new Error("the service stops");
        await worker.stop(end);
        expect([isBack, reason]).toEqual([true, end]);
        expect(rung).toEqual(["run:a"]);
        expect(await bell.stats()).toMatchObject({ waiting: 1, working: 0 });
        await pass(MINUTE);
        expect(rung).toEqual(["run:a"]);
      });

      it("that threw because they were stopped have lost nothing", async () => {
        const keeper = keep();
        const worker = start(keeper.work);
        await bell.enqueue("run:a");
        await until(() => keeper.rung.length === 1);
        await worker.stop(new Error("the service stops"));
        const rung = listen();
        await pass(MINUTE);
        await until(() => rung.length > 0);
        expect(rings(rung)).toEqual(["run:a"]);
      });

      it("see what another process rings and plans, within two seconds", async () => {
        const rung = listen();
        await quiet();
        const other = await place.open();
        await other.enqueue("run:a");
        await other.schedule("run:b", place.now() + SECOND);
        await pass(2 * SECOND);
        await until(() => rung.length === 2);
        expect(rings(rung)).toEqual(["run:a", "run:b"]);
      });
    });

    describe("a process that is no more", () => {
      it("loses nothing: what it had taken, what waited and what was planned ring at its follower's", async () => {
        const keeper = keep();
        start(keeper.work, 1);
        await bell.enqueue("run:taken");
        await until(() => keeper.rung.length === 1);
        await bell.enqueue("run:waiting");
        await bell.schedule("run:planned", place.now() + MINUTE);
        await place.kill();
        bell = await place.open();
        const rung = listen();
        await pass(2 * MINUTE);
        await until(() => rung.length === 3);
        expect(rings(rung).sort()).toEqual(["run:planned", "run:taken", "run:waiting"]);
      });

      it("that comes back finds its ticket gone, and changes nothing by it", async () => {
        const keeper = keep();
        start(keeper.work);
        await bell.enqueue("run:a");
        await until(() => keeper.rung.length === 1);
        const [lost] = keeper.rung;
        expect(lost === undefined ? null : await bell.extend(lost)).toBe(true);
        await place.kill();
        bell = await place.open();
        const next = keep();
        start(next.work);
        await pass(2 * MINUTE);
        await until(() => next.rung.length === 1);
        const [mine] = next.rung;
        expect(lost === undefined ? null : await bell.extend(lost)).toBe(false);
        expect(mine === undefined ? null : await bell.extend(mine)).toBe(true);
        next.letGo();
        await until(async () => (await bell.stats()).working === 0);
        expect(mine === undefined ? null : await bell.extend(mine)).toBe(false);
      });
    });

    it("stats tell what is planned, what waits and for how long, and what is at work", async () => {
      expect(await bell.stats()).toEqual({ planned: 0, waiting: 0, working: 0, lagMs: 0 });
      await bell.enqueue("run:oldest");
      place.advance(4 * SECOND);
      await bell.enqueue("run:newer");
      await bell.schedule("run:later", place.now() + MINUTE);
      await bell.schedule("run:due", place.now() - SECOND);
      expect(await bell.stats()).toEqual({ planned: 1, waiting: 3, working: 0, lagMs: 4 * SECOND });
      const keeper = keep();
      start(keeper.work, 2);
      await until(() => keeper.rung.length === 2);
      expect(await bell.stats()).toEqual({ planned: 1, waiting: 1, working: 2, lagMs: 0 });
      keeper.letGo();
      await until(() => keeper.rung.length === 3);
      keeper.letGo();
    });
  });
}

function keep(): Keeper {
  const rung: Ring[] = [];
  let waiting: ((again: number | null) => void)[] = [];
  return {
    rung,
    letGo: (again = null) => {
      const now = waiting;
      waiting = [];
      for (const one of now) one(again);
    },
    work: (ring, signal) =>
      new Promise((resolve, reject) => {
        rung.push(ring);
        waiting.push(resolve);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  };
}

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + LONGEST_MS;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`still not so after ${LONGEST_MS} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
