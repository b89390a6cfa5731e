// Decides what the store of a service is: requests that join, keys that repeat, schedules, tokens, the audit log. Any store passes it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Action } from "../../../src/contract/run.ts";
import type {
  Dismissal,
  IdempotencyKey,
  Requested,
  RunRequest,
  ServiceStore,
  TokenRecord,
} from "../../../src/contract/service.ts";
import type { Lease, StateStore } from "../../../src/contract/state.ts";
import { HOSTILE_TEXTS } from "./hostile-texts.ts";
import { aHold, aRun } from "./samples.ts";

type Store = StateStore & ServiceStore;
export type ServicePlace = {
  /** Another connection to the same state. The place closes it. */
  readonly connect: () => Promise<Store>;
  readonly now: () => number;
  readonly advance: (ms: number) => void;
  readonly remove: () => Promise<void>;
};

const HOUR = 3_600_000;
const CANCELLED: Dismissal = { state: "cancelled", code: "CANCELLED", reason: "cancelled by Ann" };

export function serviceSuite(name: string, makePlace: () => Promise<ServicePlace>): void {
  describe(`service store: ${name}`, () => {
    let place: ServicePlace;
    let store: Store;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.connect();
    });
    afterEach(() => place.remove());

    let made = 0;
    type Part = { id?: string; sync?: string; action?: Action; approve?: boolean; insists?: boolean; who?: string };
    const wanted = (part: Part = {}) => {
      const id = part.id ?? `r${String(++made).padStart(5, "0")}`;
      const { sync = "people", action = "run", approve = false, insists = false, who = "Ann" } = part;
      const run = aRun({
        id,
        sync,
        action,
        state: "queued",
        reason: null,
        startedAt: place.now(),
        endedAt: null,
        resumeAt: null,
      });
      return { run, ask: { approve, insists, who } } satisfies RunRequest;
    };
    const ask = async (part: Part = {}, key: IdempotencyKey | null = null) => {
      const requested = await store.request(wanted(part), key);
      if (requested.kind === "conflict") throw new Error("the key was used for something else");
      return requested;
    };
    const begin = async (lease: Lease, id: string): Promise<void> => {
      const run = await store.run(id);
      if (run === null) throw new Error(`no run ${id}`);
      await store.createRun(lease, { ...run, state: "planning" });
    };

    describe("requests (S26)", () => {
      it("wait to be begun, whole as they were asked", async () => {
        const request = wanted({ approve: true });
        expect(await store.request(request, null)).toEqual({ kind: "new", run: request.run });
        expect(await store.queued("people")).toEqual(request);
        expect(await store.queued("orders")).toBeNull();
        expect(await store.run(request.run.id)).toEqual(request.run);
        expect(await store.openSyncs()).toEqual(["people"]);
      });

      it("that come while one waits join it; fifty at once make one", async () => {
        const all = await Promise.all(Array.from({ length: 50 }, () => ask()));
        expect(all.filter(({ kind }) => kind === "new")).toHaveLength(1);
        expect(new Set(all.map(({ run }) => run.id)).size).toBe(1);
        expect(await store.runs({ limit: 100 })).toHaveLength(1);
      });

      it("that come while one is at work wait behind it, one for all", async () => {
        const lease = await take(store, "people");
        const first = await ask();
        await begin(lease, first.run.id);
        const [second, third] = [await ask(), await ask()];
        expect([second.kind, third.kind, third.run.id]).toEqual(["new", "coalesced", second.run.id]);
        expect((await store.queued("people"))?.run.id).toBe(second.run.id);
        expect((await store.run(first.run.id))?.state).toBe("planning");
      });

      it.each<[Action, Action, Action]>([
        ["run", "run", "run"],
        ["run", "resync", "resync"],
        ["resync", "run", "resync"],
        ["resync", "resync", "resync"],
      ])("%s, then %s: what waits is a %s", async (first, second, waiting) => {
        await ask({ action: first });
        const joined = await ask({ action: second });
        expect([joined.kind, joined.run.action]).toEqual(["coalesced", waiting]);
        expect((await store.queued("people"))?.run.action).toBe(waiting);
      });

      it("keep an approval that any of them brought, and who gave it", async () => {
        await ask({ who: "Ann" });
        await ask({ approve: true, who: "Bob" });
        await ask({ who: "Cid" });
        expect((await store.queued("people"))?.ask).toEqual({ approve: true, insists: false, who: "Bob" });
      });

      it("that only plan wait beside those that send; the older one is first", async () => {
        const plan = await ask({ action: "plan" });
        const run = await ask({ action: "run" });
        expect([plan.kind, run.kind]).toEqual(["new", "new"]);
        expect(await ask({ action: "plan" })).toMatchObject({ kind: "coalesced", run: { id: plan.run.id } });
        expect(await ask({ action: "resync" })).toMatchObject({ kind: "coalesced", run: { id: run.run.id } });
        expect((await store.run(plan.run.id))?.action).toBe("plan");
        expect((await store.queued("people"))?.run.id).toBe(plan.run.id);
        await store.dismiss(plan.run.id, CANCELLED, place.now());
        expect((await store.queued("people"))?.run.id).toBe(run.run.id);
      });

      it("one that is to begin later lets others go first; asked for once more without a time, it may begin at once", async () => {
        const later = wanted({ action: "run" });
        await store.request({ ...later, run: { ...later.run, resumeAt: place.now() + 3_600_000 } }, null);
        const plan = await ask({ action: "plan" });
        expect((await store.queued("people"))?.run.id).toBe(plan.run.id);
        expect(await ask({ action: "run" })).toMatchObject({
          kind: "coalesced",
          run: { id: later.run.id, resumeAt: null },
        });
        expect((await store.queued("people"))?.run).toMatchObject({ id: later.run.id, resumeAt: null });
      });

      it("of one sync are nothing to another", async () => {
        const [people, orders] = [await ask(), await ask({ sync: "orders" })];
        expect([people.kind, orders.kind]).toEqual(["new", "new"]);
        expect((await store.queued("orders"))?.run.id).toBe(orders.run.id);
        expect(await store.openSyncs()).toEqual(["orders", "people"]);
      });

      it("are seen by another connection, and outlive this one", async () => {
        const { run } = await ask();
        const other = await place.connect();
        expect((await other.queued("people"))?.run.id).toBe(run.id);
      });
    });

    describe("idempotency keys", () => {
      const key = (part: Partial<IdempotencyKey> = {}): IdempotencyKey => ({
        ...{ key: "k1", caller: "token ci", request: "aa" },
        ...part,
      });

      it("give the same run again, also when it is at work or over", async () => {
        const lease = await take(store, "people");
        const first = await ask({}, key());
        expect(await ask({}, key())).toMatchObject({ kind: "repeated", run: { id: first.run.id, state: "queued" } });
        await begin(lease, first.run.id);
        expect(await ask({}, key())).toMatchObject({ kind: "repeated", run: { id: first.run.id, state: "planning" } });
        await store.patchRun(lease, first.run.id, { state: "succeeded", endedAt: place.now() });
        expect(await ask({}, key())).toMatchObject({ kind: "repeated", run: { id: first.run.id, state: "succeeded" } });
        expect(await store.queued("people")).toBeNull();
      });

      it("make one run of fifty at once", async () => {
        const all = await Promise.all(Array.from({ length: 50 }, () => ask({}, key())));
        expect(all.map(({ kind }) => kind).sort()).toEqual(["new", ...Array.from({ length: 49 }, () => "repeated")]);
        expect(new Set(all.map(({ run }) => run.id)).size).toBe(1);
      });

      it("used for something else are refused, and change nothing", async () => {
        await ask({}, key());
        const other: Requested = await store.request(wanted({ action: "resync" }), key({ request: "bb" }));
        expect(other).toEqual({ kind: "conflict" });
        expect((await store.queued("people"))?.run.action).toBe("run");
      });

      it("of different callers never meet", async () => {
        const mine = await ask({ sync: "people" }, key());
        const theirs = await ask({ sync: "orders" }, key({ caller: "token other", request: "bb" }));
        expect([mine.kind, theirs.kind]).toEqual(["new", "new"]);
      });

      it("of a request that joined another's run give that run again", async () => {
        const first = await ask();
        expect(await ask({}, key())).toMatchObject({ kind: "coalesced", run: { id: first.run.id } });
        await store.dismiss(first.run.id, CANCELLED, place.now());
        expect(await ask({}, key())).toMatchObject({
          kind: "repeated",
          run: { id: first.run.id, state: "cancelled", reason: "cancelled by Ann" },
        });
      });

      it("are forgotten after a day", async () => {
        const first = await ask({}, key());
        await store.dismiss(first.run.id, CANCELLED, place.now());
        place.advance(24 * HOUR);
        expect((await ask({}, key())).kind).toBe("repeated");
        place.advance(1);
        expect(await ask({}, key({ request: "bb" }))).toMatchObject({ kind: "new" });
      });

      it("of a run that retention took make a new one", async () => {
        const first = await ask({}, key());
        await store.dismiss(first.run.id, CANCELLED, place.now());
        expect(await store.prune(0, place.now() + 1)).toEqual([first.run.id]);
        const again = await ask({}, key());
        expect([again.kind, again.run.id === first.run.id]).toEqual(["new", false]);
        expect(await ask({}, key())).toMatchObject({ kind: "repeated", run: { id: again.run.id } });
      });
    });

    describe("a queued run", () => {
      it("begins under its own id, once", async () => {
        const lease = await take(store, "people");
        const { run } = await ask();
        await store.createRun(lease, aRun({ id: run.id, state: "planning", startedAt: 1_800_000_009_000 }));
        expect(await store.run(run.id)).toMatchObject({ state: "planning", startedAt: 1_800_000_009_000 });
        expect(await store.queued("people")).toBeNull();
        await expect(begin(lease, run.id)).rejects.toMatchObject({ code: "CANCELLED" });
      });

      it("does not begin under another sync's lease, nor under one that is lost", async () => {
        const orders = await take(store, "orders");
        const { run } = await ask();
        await expect(begin(orders, run.id)).rejects.toMatchObject({ code: "CANCELLED" });
        const old = await take(store, "people");
        await store.acquire("people", "b", HOUR, () => true);
        await expect(begin(old, run.id)).rejects.toMatchObject({ code: "LEASE_LOST" });
        expect((await store.queued("people"))?.run.id).toBe(run.id);
      });

      it("that was dismissed never begins", async () => {
        const lease = await take(store, "people");
        const { run } = await ask();
        expect(await store.dismiss(run.id, CANCELLED, place.now())).toBe(true);
        expect(await store.dismiss(run.id, CANCELLED, place.now())).toBe(false);
        await expect(begin(lease, run.id)).rejects.toMatchObject({ code: "CANCELLED" });
        expect(await store.run(run.id)).toMatchObject({ ...CANCELLED, endedAt: place.now() });
        expect(await store.openSyncs()).toEqual([]);
        expect((await ask()).kind).toBe("new");
      });

      it("that became a resync after somebody looked does not begin as less than that", async () => {
        const lease = await take(store, "people");
        const { run } = await ask();
        const looked = await store.queued("people");
        await ask({ action: "resync" });
        if (looked === null) throw new Error("nothing waits");
        const late = store.createRun(lease, { ...looked.run, state: "planning" });
        await expect(late).rejects.toMatchObject({ code: "SYNC_BUSY" });
        expect((await store.queued("people"))?.run).toMatchObject({ id: run.id, action: "resync" });
        await begin(lease, run.id);
        expect(await store.run(run.id)).toMatchObject({ state: "planning", action: "resync" });
      });

      it.each(["approve", "insists"] as const)(
        "of which more was asked after somebody looked does not begin without: %s",
        async (more) => {
          const lease = await take(store, "people");
          const { run } = await ask();
          const plain = { approve: false, insists: false };
          expect((await store.queued("people"))?.ask).toMatchObject(plain);
          expect(await ask({ [more]: true })).toMatchObject({ kind: "coalesced" });
          await expect(begin(lease, run.id)).rejects.toMatchObject({ code: "SYNC_BUSY" });
          const asked = { ...plain, [more]: true };
          expect(await store.queued("people")).toMatchObject({ run: { id: run.id }, ask: asked });
          await store.createRun(lease, aRun({ id: run.id, state: "planning" }), asked);
          expect(await store.run(run.id)).toMatchObject({ state: "planning" });
        },
      );

      it("keeps what was asked of it first, whoever joins with less", async () => {
        await ask({ insists: true });
        await ask({ approve: true });
        await ask({});
        expect((await store.queued("people"))?.ask).toMatchObject({ approve: true, insists: true });
      });

      it("cannot be dismissed once it was begun, or is unknown", async () => {
        const lease = await take(store, "people");
        const { run } = await ask();
        await begin(lease, run.id);
        expect(await store.dismiss(run.id, CANCELLED, place.now())).toBe(false);
        expect(await store.dismiss("unknown", CANCELLED, place.now())).toBe(false);
        expect((await store.run(run.id))?.state).toBe("planning");
      });

      it.each(HOSTILE_TEXTS)("keeps texts exactly: %s", async (_, text) => {
        const { run } = await ask({ who: text }, { key: text, caller: text, request: "aa" });
        expect((await store.queued("people"))?.ask.who).toBe(text);
        expect((await ask({}, { key: text, caller: text, request: "aa" })).kind).toBe("repeated");
        await store.dismiss(run.id, { ...CANCELLED, reason: text }, place.now());
        expect((await store.run(run.id))?.reason).toBe(text);
      });
    });

    describe("runs", () => {
      it("the newest of each sync that was to send", async () => {
        const [people, orders] = [await take(store, "people"), await take(store, "orders")];
        for (const id of ["a1", "a2"]) await store.createRun(people, aRun({ id }));
        await store.createRun(people, aRun({ id: "a3", action: "plan" }));
        await store.createRun(orders, aRun({ id: "b1", action: "resync" }));
        const last = await store.lastRuns();
        expect(last.map(({ sync, id, action }) => [sync, id, action])).toEqual([
          ["orders", "b1", "resync"],
          ["people", "a2", "run"],
        ]);
        expect(last[1]).toEqual(aRun({ id: "a2" }));
      });

      it("listed without plans unless these are asked for, of these syncs, page by page", async () => {
        const lease = await take(store, "people");
        const other = await take(store, "orders");
        for (let i = 1; i <= 9; i++)
          await store.createRun(lease, aRun({ id: `a${i}`, action: i % 3 === 0 ? "plan" : "run" }));
        await store.createRun(other, aRun({ id: "a0" }));
        const seen = async (filter: object) => (await store.runs({ limit: 100, ...filter })).map(({ id }) => id);
        expect(await seen({})).toEqual(["a8", "a7", "a5", "a4", "a2", "a1", "a0"]);
        expect(await seen({ withPlans: true, limit: 3 })).toEqual(["a9", "a8", "a7"]);
        expect(await seen({ withPlans: true, limit: 3, before: "a7" })).toEqual(["a6", "a5", "a4"]);
        expect(await seen({ syncs: ["orders"] })).toEqual(["a0"]);
        expect(await seen({ syncs: [] })).toEqual([]);
        expect(await seen({ sync: "people", syncs: ["orders"] })).toEqual([]);
      });

      it("are kept by kind: plans never push runs out, and what waits is never taken", async () => {
        const lease = await take(store, "people");
        const over = { state: "succeeded", endedAt: 1_000 } as const;
        for (const id of ["a1", "a2", "a3"]) await store.createRun(lease, aRun({ id, ...over }));
        for (const id of ["p1", "p2", "p3", "p4"]) await store.createRun(lease, aRun({ id, action: "plan", ...over }));
        await store.createRun(lease, aRun({ id: "s1", action: "resync", ...over }));
        await store.hold(lease, aHold({ id: "h1", run: "a1" }));
        const waiting = await ask({ id: "q1" });
        expect(await store.prune(1, place.now())).toEqual(["a2", "p1", "p2", "p3"]);
        expect((await store.runs({ limit: 100, withPlans: true })).map(({ id }) => id).sort()).toEqual(
          ["a1", "a3", "p4", "q1", "s1"].sort(),
        );
        expect((await store.queued("people"))?.run.id).toBe(waiting.run.id);
      });
    });

    describe("schedules", () => {
      it("are patched member by member", async () => {
        expect(await store.schedule("people")).toBeNull();
        await store.putSchedule("people", {});
        const blank = { sync: "people", spec: "", paused: false, pausedBy: null, firedAt: null, nextAt: null };
        expect(await store.schedule("people")).toEqual({ ...blank, passed: null, arrived: [], announced: null });
        await store.putSchedule("people", { spec: "abc", nextAt: 5 });
        await store.putSchedule("people", { paused: true, pausedBy: "Ann" });
        const arrived = [
          { sync: "a", run: "a1" },
          { sync: "b", run: "b1" },
        ];
        await store.putSchedule("people", { arrived, announced: "r1", passed: "when: no" });
        await store.putSchedule("people", { firedAt: 4, nextAt: null });
        const all = { ...blank, spec: "abc", paused: true, pausedBy: "Ann", firedAt: 4, nextAt: null };
        const whole = { ...all, passed: "when: no", arrived, announced: "r1" };
        expect(await store.schedule("people")).toEqual(whole);
        await store.putSchedule("people", { paused: false, pausedBy: null, arrived: [], passed: null });
        await store.putSchedule("orders", { paused: true });
        expect(await store.schedules()).toMatchObject([
          { sync: "orders", paused: true, spec: "" },
          { sync: "people", paused: false, pausedBy: null, arrived: [], passed: null, spec: "abc" },
        ]);
      });

      it("note arrivals from several sides at once and lose none", async () => {
        const arrive = (from: string, place: number) => store.arrive("people", { sync: from, run: `${from}${place}` });
        const arrivals = await Promise.all(["c", "a", "b", "a"].map(arrive));
        const runs = (await store.schedule("people"))?.arrived.map(({ run }) => run);
        expect(runs).toEqual(["a3", "b2", "c0"]);
        expect(arrivals.map((arrived) => arrived.length).sort()).toEqual([1, 2, 3, 3]);
      });

      it("let go of those for which it begins, and of none that came meanwhile", async () => {
        await store.arrive("people", { sync: "b", run: "b1" });
        const seen = await store.arrive("people", { sync: "a", run: "a1" });
        await store.arrive("people", { sync: "a", run: "a2" });
        await store.depart("people", seen);
        expect((await store.schedule("people"))?.arrived).toEqual([{ sync: "a", run: "a2" }]);
        await store.depart("people", [{ sync: "a", run: "a2" }]);
        await store.depart("unknown", seen);
        expect((await store.schedule("people"))?.arrived).toEqual([]);
        expect(await store.schedule("unknown")).toBeNull();
      });

      it.each(HOSTILE_TEXTS)("keep texts exactly: %s", async (_, text) => {
        const arrived = [{ sync: text, run: "r1" }];
        await store.putSchedule("people", { pausedBy: text, passed: text, arrived });
        expect(await store.schedule("people")).toMatchObject({ pausedBy: text, passed: text, arrived });
      });
    });

    describe("tokens", () => {
      const token = (part: Partial<TokenRecord> = {}): TokenRecord => ({
        ...{ id: "t1", name: "ci", sha256: "ab".repeat(32), scopes: ["read", "run"], syncs: ["people"] },
        ...{ createdAt: 1, expiresAt: 2, revokedAt: null, usedAt: null },
        ...part,
      });

      it("are found by the hash of the key alone", async () => {
        await store.putToken(token());
        expect(await store.token("ab".repeat(32))).toEqual(token());
        for (const other of ["AB".repeat(32), "ab", "", "%", "ab' or 1=1 --"])
          expect(await store.token(other)).toBeNull();
      });

      it("stay in the list when they are revoked, once", async () => {
        await store.putToken(token());
        await store.putToken(token({ id: "t2", sha256: "cd", syncs: null, expiresAt: null, createdAt: 2 }));
        expect(await store.revokeToken("t1", 7)).toBe(true);
        expect(await store.revokeToken("t1", 8)).toBe(false);
        expect(await store.revokeToken("t3", 8)).toBe(false);
        await store.touchToken("t2", 9);
        expect(await store.tokens()).toEqual([
          token({ revokedAt: 7 }),
          token({ id: "t2", sha256: "cd", syncs: null, expiresAt: null, createdAt: 2, usedAt: 9 }),
        ]);
      });

      it("cannot share a hash or an id", async () => {
        await store.putToken(token());
        await expect(store.putToken(token({ id: "t2" }))).rejects.toMatchObject({ code: "STATE_FAILED" });
        await expect(store.putToken(token({ sha256: "cd" }))).rejects.toMatchObject({ code: "STATE_FAILED" });
      });

      it.each(HOSTILE_TEXTS)("keep names exactly: %s", async (_, name) => {
        await store.putToken(token({ name }));
        expect((await store.tokens())[0]?.name).toBe(name);
      });
    });

    describe("the audit log", () => {
      it("is read newest first, page by page to the end, of one sync or all", async () => {
        for (let at = 1; at <= 7; at++) {
          const sync = at % 2 === 0 ? "people" : null;
          await store.audit({ at, who: "Ann", act: "start", sync, run: null, detail: `no. ${at}` });
        }
        const seen: number[] = [];
        let beforeId: number | null = null;
        for (;;) {
          const page = await store.audits({ beforeId, sync: null, limit: 3 });
          seen.push(...page.map(({ at }) => at));
          beforeId = page.at(-1)?.id ?? null;
          if (page.length < 3) break;
        }
        expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
        const people = await store.audits({ beforeId: null, sync: "people", limit: 10 });
        expect(people.map(({ at }) => at)).toEqual([6, 4, 2]);
      });

      it.each(HOSTILE_TEXTS)("keeps texts exactly: %s", async (_, text) => {
        await store.audit({ at: 1, who: text, act: "start", sync: null, run: null, detail: text });
        expect(await store.audits({ beforeId: null, sync: null, limit: 1 })).toMatchObject([
          { who: text, detail: text },
        ]);
      });
    });

    describe("messages that come again", () => {
      it("are told from new ones, by source, until they are forgotten", async () => {
        const seen = (source: string, id: string) => store.firstSeen(source, id, place.now(), HOUR);
        expect(await seen("dbt", "1")).toBe(true);
        expect(await seen("dbt", "1")).toBe(false);
        expect(await seen("github", "1")).toBe(true);
        place.advance(HOUR);
        expect(await seen("dbt", "1")).toBe(false);
        place.advance(1);
        expect(await seen("dbt", "1")).toBe(true);
      });

      it("are new once, also of fifty at once", async () => {
        const all = await Promise.all(Array.from({ length: 50 }, () => store.firstSeen("dbt", "1", 1, HOUR)));
        expect(all.filter((isNew) => isNew)).toHaveLength(1);
      });

      it.each(HOSTILE_TEXTS)("have ids of any kind: %s", async (_, id) => {
        expect(await store.firstSeen("dbt", id, 1, HOUR)).toBe(true);
        expect(await store.firstSeen("dbt", id, 1, HOUR)).toBe(false);
        expect(await store.firstSeen("dbt", `${id}.`, 1, HOUR)).toBe(true);
      });
    });
  });
}

async function take(store: StateStore, sync: string): Promise<Lease> {
  const attempt = await store.acquire(sync, "a", 48 * HOUR, () => false);
  if (!attempt.ok) throw new Error(`the lease of ${sync} is taken`);
  return attempt.lease;
}
