// Decides what a state store is: fenced writes, durable intents, compact acknowledgements, exact texts. Any store passes it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Lease, StateStore } from "../../../src/contract/state.ts";
import { HOSTILE_TEXTS } from "./hostile-texts.ts";
import { aHold, aNote, anAck, aReject, aRun } from "./samples.ts";

/** One place where state is kept, and the clock that its leases run out by. */
export type StatePlace = {
  /** Another connection to the same state. The place closes it. */
  readonly connect: () => Promise<StateStore>;
  readonly advance: (ms: number) => void;
  readonly remove: () => Promise<void>;
};

const MINUTE = 60_000;
const never = () => false;

export function stateSuite(name: string, makePlace: () => Promise<StatePlace>): void {
  describe(`state store: ${name}`, () => {
    let place: StatePlace;
    let store: StateStore;
    let lease: Lease;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.connect();
      lease = await take(store, "people");
    });
    afterEach(() => place.remove());

    describe("leases (S26)", () => {
      it("is taken by one holder until it runs out, each time under a higher epoch", async () => {
        expect(lease.epoch).toBe(1);
        const second = await store.acquire("people", "b", MINUTE, never);
        expect(second).toEqual({ ok: false, holder: "a", untilMs: expect.any(Number) });
        place.advance(MINUTE);
        expect(await store.acquire("people", "b", MINUTE, never)).toMatchObject({ ok: true, lease: { epoch: 2 } });
      });

      it("passes from a dead holder at once", async () => {
        const attempt = await store.acquire("people", "b", MINUTE, (holder) => holder === "a");
        expect(attempt).toMatchObject({ ok: true, lease: { epoch: 2, holder: "b" } });
        await expect(store.renew(lease, MINUTE)).rejects.toMatchObject({ code: "LEASE_LOST" });
      });

      it("lasts on when renewed and is free when released; the epoch never falls back", async () => {
        place.advance(MINUTE - 1);
        await store.renew(lease, MINUTE);
        place.advance(MINUTE - 1);
        await store.release(lease);
        await expect(store.renew(lease, MINUTE)).rejects.toMatchObject({ code: "LEASE_LOST" });
        expect((await take(store, "people")).epoch).toBe(2);
      });

      it("tells whether the last holder gave it back, or died at work", async () => {
        await store.release(lease);
        const given = await store.acquire("people", "b", MINUTE, never);
        expect(given).toMatchObject({ ok: true, wasHeld: false });
        expect(await store.acquire("people", "c", MINUTE, () => true)).toMatchObject({ ok: true, wasHeld: true });
        place.advance(MINUTE);
        expect(await store.acquire("people", "d", MINUTE, never)).toMatchObject({ ok: true, wasHeld: true });
      });

      it("remembers deaths in a row until the sync gets on; they go along with its name", async () => {
        expect(await store.deaths("people")).toBeNull();
        await store.putDeaths(lease, { count: 1, run: "r1", answered: 0 });
        await store.putDeaths(lease, { count: 2, run: "r1", answered: 100 });
        expect(await store.deaths("people")).toEqual({ count: 2, run: "r1", answered: 100 });
        await store.putDeaths(lease, null);
        expect(await store.deaths("people")).toBeNull();
      });

      it("lists every lease with its epoch, and whose it is until it is given back", async () => {
        const orders = await take(store, "orders");
        await store.release(orders);
        expect(await store.leases()).toEqual([
          { sync: "orders", epoch: 1, holder: null },
          { sync: "people", epoch: 1, holder: "a" },
        ]);
      });

      it("goes to one of many who try at once, over two connections", async () => {
        const other = await place.connect();
        const attempts = await Promise.all(
          Array.from({ length: 20 }, (_, i) => (i % 2 ? store : other).acquire("orders", `h${i}`, MINUTE, never)),
        );
        expect(attempts.filter((attempt) => attempt.ok)).toHaveLength(1);
      });

      it("fences every leased write, by epoch and by time, and changes nothing", async () => {
        await store.createRun(lease, aRun({ id: "r1" }));
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 0 }]);
        const writes: ((stale: Lease) => Promise<void>)[] = [
          (stale) => store.putSync(stale, aSync("people", 9)),
          (stale) => store.renew(stale, MINUTE),
          (stale) => store.release(stale),
          (stale) => store.createRun(stale, aRun({ id: "r2" })),
          (stale) => store.patchRun(stale, "r1", { state: "failed" }),
          (stale) => store.recordIntents(stale, [{ run: "r1", fromSeq: 1, toSeq: 1 }]),
          (stale) => store.acknowledge(stale, [acknowledged("r1", 0, 0)]),
          (stale) => store.foldAccepted(stale, "r1", []),
          (stale) => store.dropRejects(stale, ["k"]),
          (stale) => store.moveRejects(stale, [], { name: "moved", value: "yes" }),
          (stale) => store.hold(stale, aHold({ id: "h1" })),
          (stale) => store.dropWaitingHolds(stale),
          (stale) => store.forgetSync(stale),
        ];
        const old = { ...lease, epoch: 0 };
        for (const write of writes) await expect(write(old)).rejects.toMatchObject({ code: "LEASE_LOST" });
        place.advance(MINUTE);
        for (const write of writes) await expect(write(lease)).rejects.toMatchObject({ code: "LEASE_LOST" });
        expect(await store.syncs()).toEqual([]);
        expect((await store.runs({ limit: 9 })).map((run) => [run.id, run.state])).toEqual([["r1", "planning"]]);
        expect(await store.batches("r1")).toMatchObject([{ fromSeq: 0, state: "sent" }]);
        expect(await store.holds("people", 0)).toEqual([]);
        expect(await store.setting("moved")).toBeNull();
      });
    });

    describe("syncs", () => {
      it("keeps what is known of a sync, newest version", async () => {
        await store.putSync(lease, aSync("people", 1));
        await store.putSync(lease, aSync("people", 2));
        expect(await store.syncs()).toEqual([aSync("people", 2)]);
      });

      it("moves all rows to a new name, the lease with them (S11)", async () => {
        await store.putSync(lease, aSync("people", 1));
        await store.createRun(lease, aRun({ id: "r1" }));
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 0 }]);
        await store.acknowledge(lease, [{ ...acknowledged("r1", 0, 0), rejects: [aReject({ key: "k" })] }]);
        await store.hold(lease, aHold({ id: "h" }));
        await store.renameSync("people", "persons");
        expect((await store.syncs()).map((sync) => sync.name)).toEqual(["persons"]);
        expect((await store.runs({ sync: "persons", limit: 9 })).map((run) => run.id)).toEqual(["r1"]);
        expect((await pages(store, "persons")).map((reject) => reject.key)).toEqual(["k"]);
        expect(await store.holds("persons", 0)).toMatchObject([{ id: "h", sync: "persons" }]);
        await expect(store.renew(lease, MINUTE)).rejects.toMatchObject({ code: "LEASE_LOST" });
        await store.renew({ ...lease, sync: "persons" }, MINUTE);
        expect((await take(store, "people")).epoch).toBe(2);
      });

      it("forgets a sync with its refusals and holds, keeps its runs, and leaves other syncs alone (S24)", async () => {
        const orders = await take(store, "orders");
        for (const [mine, run] of [
          [lease, "r1"],
          [orders, "r2"],
        ] as const) {
          await store.putSync(mine, aSync(mine.sync, 1));
          await store.createRun(mine, aRun({ id: run, sync: mine.sync }));
          await store.recordIntents(mine, [{ run, fromSeq: 0, toSeq: 0 }]);
          await store.acknowledge(mine, [{ ...acknowledged(run, 0, 0), rejects: [aReject({ key: "k", run })] }]);
          await store.hold(mine, aHold({ id: `h ${run}` }));
        }
        await store.forgetSync(lease);
        expect((await store.syncs()).map((sync) => sync.name)).toEqual(["orders"]);
        expect(await pages(store, "people")).toEqual([]);
        expect(await store.holds("people", 0)).toEqual([]);
        expect((await store.runs({ sync: "people", limit: 9 })).map((run) => run.id)).toEqual(["r1"]);
        expect((await pages(store, "orders")).map((reject) => reject.key)).toEqual(["k"]);
        expect(await store.holds("orders", 0)).toHaveLength(1);
        // The lease goes on, so that an old worker stays locked out.
        await store.renew(lease, MINUTE);
      });

      it("refuses to join two known syncs, or two that are at work", async () => {
        await store.putSync(lease, aSync("people", 1));
        const orders = await take(store, "orders", "b");
        await expect(store.renameSync("people", "orders")).rejects.toMatchObject({ code: "SYNC_BUSY" });
        await store.putSync(orders, aSync("orders", 1));
        await expect(store.renameSync("people", "orders")).rejects.toMatchObject({ code: "SYNC_RENAMED" });
      });
    });

    describe("runs", () => {
      it("gives back a run as it was, and patches only what is named", async () => {
        const run = aRun({ id: "r1", reason: "a\0b", endedAt: null, counts: null, peakRssBytes: 5_000_000_000 });
        await store.createRun(lease, run);
        expect(await store.run("r1")).toEqual(run);
        const counts = { read: 9, invalid: 1, unchanged: 2, waiting: 3, added: 1, changed: 2, removed: 4 };
        const patch = { state: "writing", counts, endedAt: 7, reason: null } as const;
        await store.patchRun(lease, "r1", patch);
        expect(await store.run("r1")).toEqual({ ...run, ...patch });
        expect(await store.run("r2")).toBeNull();
        await expect(store.patchRun(lease, "r2", patch)).rejects.toMatchObject({ code: "UNKNOWN_RUN" });
      });

      it("lists the newest first, by sync and state", async () => {
        const orders = await take(store, "orders");
        await store.createRun(lease, aRun({ id: "r1", state: "failed" }));
        await store.createRun(orders, aRun({ id: "r2", sync: "orders" }));
        await store.createRun(lease, aRun({ id: "r3" }));
        const ids = async (filter: Parameters<StateStore["runs"]>[0]) =>
          (await store.runs(filter)).map((run) => run.id);
        expect(await ids({ limit: 2 })).toEqual(["r3", "r2"]);
        expect(await ids({ sync: "people", limit: 9 })).toEqual(["r3", "r1"]);
        expect(await ids({ states: ["failed"], limit: 9 })).toEqual(["r1"]);
        expect(await ids({ states: [], limit: 9 })).toEqual([]);
      });

      it("prunes finished old runs with their rows, but not the newest, the young, or what a hold needs", async () => {
        for (const id of ["r1", "r2", "r3", "r4", "r5", "r6"]) {
          await store.createRun(lease, aRun({ id, state: id === "r2" ? "writing" : "succeeded", endedAt: 100 }));
        }
        await store.patchRun(lease, "r4", { endedAt: 900 });
        await store.hold(lease, aHold({ id: "h", run: "r3" }));
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 0 }]);
        await store.acknowledge(lease, [acknowledged("r1", 0, 0, [aNote({ seq: 0 })])]);
        expect(await store.prune(2, 500, "orders")).toEqual([]);
        expect(await store.prune(2, 500, lease.sync)).toEqual(["r1"]);
        expect((await store.runs({ limit: 9 })).map((run) => run.id)).toEqual(["r6", "r5", "r4", "r3", "r2"]);
        expect(await store.batches("r1")).toEqual([]);
        expect(await store.notes("r1", { limit: 9 })).toEqual([]);
      });
    });

    describe("batches", () => {
      beforeEach(() => store.createRun(lease, aRun({ id: "r1" })));

      it("records an intent before it is answered, and counts attempts", async () => {
        await store.recordIntents(lease, [
          { run: "r1", fromSeq: 10, toSeq: 19 },
          { run: "r1", fromSeq: 0, toSeq: 9 },
        ]);
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 4 }]);
        expect(await store.batches("r1")).toEqual([
          { run: "r1", fromSeq: 0, toSeq: 4, state: "sent", attempt: 2, acks: null },
          { run: "r1", fromSeq: 10, toSeq: 19, state: "sent", attempt: 1, acks: null },
        ]);
      });

      it("gives acknowledgements back by position", async () => {
        const acks = [
          anAck({}),
          anAck({ state: "altered", created: false, kept: { lifecyclestage: "customer", other: null } }),
          anAck({ state: "rejected", remoteId: null, created: null }),
          anAck({ remoteId: "9007199254740993" }),
          anAck({ state: "unknown", remoteId: null, created: null }),
        ];
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 3, toSeq: 7 }]);
        await store.acknowledge(lease, [{ ...acknowledged("r1", 3, 7), acks }]);
        expect(await store.batches("r1")).toEqual([
          { run: "r1", fromSeq: 3, toSeq: 7, state: "done", attempt: 1, acks },
        ]);
      });

      it("takes intents back that never left, and no answered ones", async () => {
        const [first, second] = [0, 10].map((fromSeq) => ({ run: "r1", fromSeq, toSeq: fromSeq + 9 }));
        if (first === undefined || second === undefined) throw new Error("two batches");
        await store.recordIntents(lease, [first, second]);
        await store.acknowledge(lease, [acknowledged("r1", 0, 9)]);
        await store.withdrawIntents(lease, [first, second]);
        expect(await store.batches("r1")).toMatchObject([{ fromSeq: 0, state: "done" }]);
      });

      it("takes several acknowledgements or none of them", async () => {
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 0 }]);
        const some = [acknowledged("r1", 0, 0), acknowledged("r1", 1, 1)];
        await expect(store.acknowledge(lease, some)).rejects.toMatchObject({ code: "INTERNAL" });
        const short = { ...acknowledged("r1", 0, 0), acks: [] };
        await expect(store.acknowledge(lease, [short])).rejects.toMatchObject({ code: "INTERNAL" });
        expect(await store.batches("r1")).toMatchObject([{ state: "sent" }]);
      });

      it("folds accepted neighbours into one range, whatever their order, and repeating it changes nothing", async () => {
        const ranges = Array.from({ length: 700 }, (_, i) => ({ run: "r1", fromSeq: i * 2, toSeq: i * 2 + 1 }));
        await store.recordIntents(lease, ranges);
        await store.acknowledge(
          lease,
          ranges.filter((_, i) => i !== 300).map(({ fromSeq, toSeq }) => acknowledged("r1", fromSeq, toSeq)),
        );
        const odd = ranges.filter((_, i) => i % 2 === 1 && i !== 699);
        await store.foldAccepted(lease, "r1", odd);
        expect(await store.batches("r1")).toHaveLength(700);
        const rest = ranges.filter((_, i) => i % 2 === 0 && i !== 300);
        await store.foldAccepted(lease, "r1", [...rest].reverse());
        const folded = [
          { fromSeq: 0, toSeq: 599, state: "done", acks: null },
          { fromSeq: 600, toSeq: 601, state: "sent" },
          { fromSeq: 602, toSeq: 1397, state: "done", acks: null },
          { fromSeq: 1398, toSeq: 1399, state: "done", acks: [anAck({}), anAck({})] },
        ];
        expect(await store.batches("r1")).toMatchObject(folded);
        await store.foldAccepted(lease, "r1", rest);
        expect(await store.batches("r1")).toMatchObject(folded);
      });

      it("refuses to fold what has no answer", async () => {
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 0 }]);
        const early = store.foldAccepted(lease, "r1", [{ fromSeq: 0, toSeq: 0 }]);
        await expect(early).rejects.toMatchObject({ code: "INTERNAL" });
        expect(await store.batches("r1")).toMatchObject([{ state: "sent" }]);
      });
    });

    describe("rejects and notes", () => {
      beforeEach(async () => {
        await store.createRun(lease, aRun({ id: "r1" }));
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 1 }]);
      });

      it("keeps the newest refusal of a key until it is cured or dropped", async () => {
        const acknowledge = (part: object) => store.acknowledge(lease, [{ ...acknowledged("r1", 0, 1), ...part }]);
        const renewed = aReject({ key: "a", attempts: 2, nextTryAt: null, field: null, hash: null });
        await acknowledge({ rejects: [aReject({ key: "a" }), aReject({ key: "b" }), aReject({ key: "c" })] });
        await acknowledge({ rejects: [renewed], cured: ["b", "unheard-of"] });
        expect(await pages(store, "people")).toEqual([renewed, aReject({ key: "c" })]);
        await store.dropRejects(lease, ["c"]);
        expect(await pages(store, "people")).toEqual([renewed]);
        expect(await pages(store, "orders")).toEqual([]);
      });

      it("moves refusals to their rows' new keys at once, also where keys change places; holds go, a word of it stays (S1)", async () => {
        const rejects = [
          aReject({ key: "a", code: "A" }),
          aReject({ key: "b", code: "B" }),
          aReject({ key: "c", nextTryAt: null }),
        ];
        await store.acknowledge(lease, [{ ...acknowledged("r1", 0, 1), rejects }]);
        const orders = await take(store, "orders");
        await store.createRun(orders, aRun({ id: "r2", sync: "orders" }));
        await store.recordIntents(orders, [{ run: "r2", fromSeq: 0, toSeq: 1 }]);
        await store.acknowledge(orders, [{ ...acknowledged("r2", 0, 1), rejects: [aReject({ key: "a" })] }]);
        for (const id of ["h1", "h2"]) await store.hold(lease, aHold({ id }));
        await store.approve("h1", "ann", 1, 100);
        await store.hold(orders, aHold({ id: "h3", sync: "orders" }));
        const moves = Object.entries({ a: "b", b: "a", c: "x\0y", unheard: "of" }).map(([from, to]) => ({ from, to }));
        await store.moveRejects(lease, moves, { name: "moved", value: "once" });
        const moved = [
          aReject({ key: "a", code: "B" }),
          aReject({ key: "b", code: "A" }),
          aReject({ key: "x\0y", nextTryAt: null }),
        ];
        expect(await pages(store, "people")).toEqual(moved);
        expect(await pages(store, "orders")).toEqual([aReject({ key: "a" })]);
        expect(await store.holds("people", 10)).toEqual([]);
        expect(await store.holds("orders", 10)).toMatchObject([{ id: "h3" }]);
        expect(await store.setting("moved")).toBe("once");
      });

      it("moves thousands of refusals, each to the place of the next", async () => {
        const keys = Array.from({ length: 1_234 }, (_, i) => String(i).padStart(5, "0"));
        const rejects = keys.map((key, attempts) => aReject({ key, attempts }));
        await store.acknowledge(lease, [{ ...acknowledged("r1", 0, 1), rejects }]);
        const moves = keys.map((from, i) => ({ from, to: keys[(i + 1) % keys.length] ?? "" }));
        await store.moveRejects(lease, moves, { name: "moved", value: "" });
        const moved = await pages(store, "people");
        expect(moved.map(({ attempts }) => attempts)).toEqual([keys.length - 1, ...keys.keys()].slice(0, keys.length));
      });

      it("takes thousands at once and gives them back in pages", async () => {
        const keys = Array.from({ length: 2_345 }, (_, i) => String(i).padStart(5, "0"));
        const part = {
          rejects: keys.map((key) => aReject({ key })),
          notes: keys.map((key, seq) => aNote({ key, seq })),
        };
        await store.acknowledge(lease, [{ ...acknowledged("r1", 0, 1), ...part }]);
        expect((await pages(store, "people")).map((reject) => reject.key)).toEqual(keys);
        expect(await store.notes("r1", { limit: 5_000 })).toHaveLength(keys.length);
        await store.dropRejects(lease, keys);
        expect(await pages(store, "people")).toEqual([]);
      });

      it("filters notes, and groups them with an example each", async () => {
        const notes = [
          aNote({ seq: 0, state: "deferred", code: "THROTTLED", field: null, message: null }),
          aNote({ seq: 1, state: "rejected", code: "INVALID_EMAIL", field: "email" }),
          aNote({ seq: 2, state: "rejected", code: "INVALID_EMAIL", field: "email" }),
        ];
        await store.acknowledge(lease, [acknowledged("r1", 0, 1, notes)]);
        expect(await store.notes("r1", { limit: 2 })).toEqual(notes.slice(0, 2));
        expect(await store.notes("r1", { limit: 2, skip: 1 })).toEqual(notes.slice(1, 3));
        expect(await store.notes("r1", { state: "rejected", limit: 9 })).toEqual(notes.slice(1));
        expect(await store.noteGroups("r1")).toEqual([
          { state: "rejected", code: "INVALID_EMAIL", field: "email", count: 2, example: notes[1] },
          { state: "deferred", code: "THROTTLED", field: null, count: 1, example: notes[0] },
        ]);
      });

      it.each(HOSTILE_TEXTS)("keeps %s exactly, as key, message and field", async (_, text) => {
        const reject = aReject({ key: text, message: text, field: text, code: text });
        const note = aNote({ seq: 0, key: text, message: text });
        const ack = anAck({ state: "altered", remoteId: text, kept: { f: text } });
        const acks = [ack, anAck({})];
        await store.acknowledge(lease, [{ ...acknowledged("r1", 0, 1, [note]), rejects: [reject], acks }]);
        expect(await pages(store, "people")).toEqual([reject]);
        expect(await store.notes("r1", { limit: 1 })).toEqual([note]);
        expect((await store.batches("r1"))[0]?.acks).toEqual(acks);
        await store.dropRejects(lease, [text]);
        expect(await pages(store, "people")).toEqual([]);
      });
    });

    describe("holds (S22)", () => {
      it("shows what is held and what is approved until it runs out, newest first", async () => {
        await store.hold(lease, aHold({ id: "h1", heldAt: 1 }));
        await store.hold(lease, aHold({ id: "h2", heldAt: 2, guards: ["removed", "created"] }));
        const both = [aHold({ id: "h2", heldAt: 2, guards: ["removed", "created"] }), aHold({ id: "h1", heldAt: 1 })];
        expect(await store.holds("people", 10)).toEqual(both);
        await store.approve("h2", "ann", 20, 120);
        expect(await store.holds("people", 119)).toMatchObject([
          { id: "h2", approvedAt: 20, approvedBy: "ann", until: 120 },
          { id: "h1", approvedAt: null },
        ]);
        expect(await store.holds("people", 120)).toMatchObject([{ id: "h1" }]);
        await expect(store.approve("h3", "ann", 20, 120)).rejects.toMatchObject({ code: "UNKNOWN_RUN" });
        await store.dropWaitingHolds(lease);
        expect(await store.holds("people", 10)).toMatchObject([{ id: "h2" }]);
      });
    });

    describe("memory that was put back (S25)", () => {
      const restored = (sync: string) => ({ sync, backupAt: 1_700_000_000_000, restoredAt: 1_800_000_000_000 });

      it("is remembered of every sync until its records were looked at, under the lease", async () => {
        expect(await store.restoration("people")).toBeNull();
        await store.putRestorations([restored("people"), restored("orders")]);
        const again = { ...restored("people"), restoredAt: 1_900_000_000_000 };
        await store.putRestorations([again]);
        expect(await store.restoration("people")).toEqual(again);
        await expect(store.dropRestoration({ ...lease, epoch: 0 })).rejects.toMatchObject({ code: "LEASE_LOST" });
        await store.dropRestoration(lease);
        expect(await store.restoration("people")).toBeNull();
        expect(await store.restoration("orders")).toEqual(restored("orders"));
      });

      it("goes along with the sync's name, and is forgotten with the sync", async () => {
        await store.putRestorations([restored("people")]);
        await store.renameSync("people", "customers");
        expect(await store.restoration("people")).toBeNull();
        expect(await store.restoration("customers")).toEqual(restored("customers"));
        const attempt = await store.acquire("customers", "a", MINUTE, () => true);
        if (!attempt.ok) throw new Error("the lease is taken");
        await store.forgetSync(attempt.lease);
        expect(await store.restoration("customers")).toBeNull();
      });

      it("finds nothing wrong with itself", async () => {
        await store.createRun(lease, aRun({ id: "r1" }));
        expect(await store.inspect("quick")).toEqual([]);
        expect(await store.inspect("full")).toEqual([]);
      });
    });

    describe("what belongs to accounts and to the project", () => {
      it("keeps which record a merged one answers as, with the batch that found it out; the newest word wins (S6)", async () => {
        await store.createRun(lease, aRun({ id: "r1" }));
        await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 0 }]);
        const alias = { account: "portal", object: "contacts", oldId: "1", newId: "2", reason: "merged", at: 1 };
        const aliases = [alias, { ...alias, newId: "3" }, { ...alias, object: "deals" }];
        await store.acknowledge(lease, [{ ...acknowledged("r1", 0, 0), aliases }]);
        expect(await store.aliases("portal", "contacts")).toEqual(new Map([["1", "3"]]));
        await store.acknowledge(lease, [{ ...acknowledged("r1", 0, 0), aliases: [{ ...alias, newId: "4" }] }]);
        expect(await store.aliases("portal", "contacts")).toEqual(new Map([["1", "4"]]));
        const lost = await store.acquire("people", "b", MINUTE, () => true);
        expect(lost.ok).toBe(true);
        const late = [{ ...acknowledged("r1", 0, 0), aliases: [{ ...alias, newId: "5" }] }];
        await expect(store.acknowledge(lease, late)).rejects.toMatchObject({ code: "LEASE_LOST" });
        expect(await store.aliases("portal", "contacts")).toEqual(new Map([["1", "4"]]));
      });

      it("tells how many call an account, until they say no more or fall silent", async () => {
        expect(await store.shareBudget("portal", "a", MINUTE)).toBe(1);
        expect(await store.shareBudget("portal", "b", MINUTE)).toBe(2);
        expect(await store.shareBudget("org", "c", MINUTE)).toBe(1);
        expect(await store.shareBudget("portal", "a", 0)).toBe(1);
        place.advance(MINUTE);
        expect(await store.shareBudget("portal", "a", MINUTE)).toBe(1);
      });

      it("keeps budgets, settings and the audit", async () => {
        expect(await store.budget("portal")).toBeNull();
        const budget = {
          account: "portal",
          window: { max: 190, intervalMs: 10_000 },
          blockedUntil: 1_800_000_000_000,
          used: { calls: 17, at: 1_800_000_000_001 },
        };
        await store.putBudget({ ...budget, window: null, used: null });
        expect(await store.budget("portal")).toMatchObject({ window: null, used: null });
        await store.putBudget(budget);
        expect(await store.budget("portal")).toEqual(budget);
        await store.putBudget({ ...budget, blockedUntil: 1 });
        expect(await store.budget("portal"), "a pause is never shortened").toEqual(budget);
        expect(await store.setting("install")).toBeNull();
        await store.putSetting("install", "a\0");
        await store.putSetting("install", "1");
        expect(await store.setting("install")).toBe("1");
        await store.audit({ at: 1, who: "ann", act: "approve", sync: "people", run: null, detail: "5 removals" });
      });
    });
  });
}

async function take(store: StateStore, sync: string, holder = "a"): Promise<Lease> {
  const attempt = await store.acquire(sync, holder, MINUTE, never);
  if (!attempt.ok) throw new Error(`${attempt.holder} holds ${sync}`);
  return attempt.lease;
}

async function pages(store: StateStore, sync: string) {
  const all = [];
  for await (const page of store.rejects(sync)) all.push(...page);
  return all;
}

function aSync(name: string, generation: number) {
  return {
    name,
    account: "portal 1",
    object: "contacts",
    model: "people",
    generation,
    configHash: "c0ffee",
    sqlHash: null,
  };
}

function acknowledged(run: string, fromSeq: number, toSeq: number, notes: ReturnType<typeof aNote>[] = []) {
  const acks = Array.from({ length: toSeq - fromSeq + 1 }, () => anAck({}));
  return { run, fromSeq, toSeq, acks, notes, rejects: [], cured: [], aliases: [] };
}
