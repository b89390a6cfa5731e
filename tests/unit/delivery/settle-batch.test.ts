// Proves that every answer is followed to its end: existing, taken, missing, merged, lost (S6, S7, S19).
import { describe, expect, test } from "vitest";
import type { FindRequest, Outcome, RemoteField } from "../../../src/contract/destination.ts";
import { Fault, NO_HINTS } from "../../../src/contract/fault.ts";
import type { PlanRow } from "../../../src/contract/plan.ts";
import type { Sync } from "../../../src/contract/project.ts";
import type { FieldValues } from "../../../src/contract/value.ts";
import { cutBatches } from "../../../src/delivery/cut-batches.ts";
import { settleBatch } from "../../../src/delivery/settle/settle-batch.ts";
import type { SettleContext, Settled } from "../../../src/delivery/settle/settled.ts";
import { ALONE, ANY_OBJECT, aRow, aSync, running } from "./samples.ts";
import { type Script, scriptedDestination } from "./scripted-destination.ts";

type World = ReturnType<typeof scriptedDestination>;
const LOST: Outcome = { kind: "unknown", reason: "connection reset" };

async function settle(
  world: World,
  rows: readonly PlanRow[],
  sync: Partial<Sync> = {},
  owners: Readonly<Record<string, string>> = {},
  aliases: Readonly<Record<string, string>> = {},
  held: Readonly<Record<string, string>> = {},
  mayHaveLanded = false,
  part: Partial<SettleContext> = {},
): Promise<{ settled: readonly Settled[]; faults: Fault[]; merged: string[] }> {
  const [batch, ...others] = cutBatches(rows, 100);
  if (batch === undefined || others.length > 0) throw new Error("the test's rows are no single batch");
  const faults: Fault[] = [];
  const merged: string[] = [];
  const ownersOf = async (ids: readonly string[]) =>
    new Map(ids.flatMap((id) => (owners[id] === undefined ? [] : [[id, owners[id]] as const])));
  const context = {
    sync: aSync(sync),
    object: ANY_OBJECT,
    destination: world.destination,
    holdersOf: async (ids: readonly string[]) => ({
      own: await ownersOf(ids),
      others: new Map(Object.entries(held)),
    }),
    ownersOf,
    acknowledged: async () => null,
    claims: new Map(),
    neighbours: ALONE,
    knownAliases: async () => new Map(Object.entries(aliases)),
    onMerged: (oldId: string, newId: string) => merged.push(`${oldId} → ${newId}`),
    onFault: (fault: Fault) => faults.push(fault),
    ...part,
  };
  return { settled: await settleBatch(context, { ...batch, mayHaveLanded }, running()), faults, merged };
}

const INSERT = { operation: "insert" } as const;

describe("records that are there already", () => {
  test("a create that meets a record links and updates it, and is no creation (S7)", async () => {
    const world = scriptedDestination({
      write: (_, batch) => (batch.operation === "upsert" ? exists("1") : undefined),
    });
    world.seed({ ext: "E1", name: "old" });
    const { settled } = await settle(world, [aRow({ key: "1" })]);
    expect(settled).toMatchObject([{ kind: "applied", remoteId: "1", created: false }]);
    expect(world.records.get("1")).toMatchObject({ name: "n1" });
  });

  test("one that another row holds is refused by name, and left alone", async () => {
    const world = scriptedDestination({
      write: (_, batch) => (batch.operation === "upsert" ? exists("1") : undefined),
    });
    world.seed({ name: "old" });
    const { settled } = await settle(world, [aRow({ key: "1" })], {}, { 1: "other" });
    expect(settled).toMatchObject([
      { kind: "rejected", code: "RECORD_TAKEN", message: expect.stringMatching(/row other/) },
    ]);
    expect(world.records.get("1")).toEqual({ name: "old" });
    expect((await settle(world, [aRow({ key: "1" })], {}, { 1: "1" })).settled[0]?.kind).toBe("applied");
  });

  test("of two rows that came to one record the first has it", async () => {
    const world = scriptedDestination({
      write: (_, batch) => (batch.operation === "upsert" ? exists("1") : undefined),
    });
    world.seed({ name: "old" });
    const { settled } = await settle(world, [aRow({ key: "1" }), aRow({ key: "2" })]);
    expect(settled).toMatchObject([{ kind: "applied" }, { kind: "rejected", code: "RECORD_TAKEN" }]);
    expect(world.records.get("1")).toMatchObject({ name: "n1" });
  });

  test("insert leaves it alone (S12)", async () => {
    const world = scriptedDestination();
    world.seed({ ext: "E1", name: "old" });
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT })], { write: "insert" });
    expect(settled).toMatchObject([{ kind: "skipped", reason: expect.stringMatching(/there already/) }]);
    expect(world.records.get("1")).toEqual({ ext: "E1", name: "old" });
  });
});

const LINKED = { change: "changed", remoteId: "99", fields: { name: "new" }, isKnown: true } as const;

describe("records that are gone (S6)", () => {
  test.each([
    ["skip", "skipped", false],
    ["rematch", "skipped", false],
    ["recreate", "applied", true],
  ] as const)("%s: nothing matches any more", async (onMissingRecord, kind, isMade) => {
    const world = scriptedDestination();
    const { settled } = await settle(world, [aRow({ key: "1", ...LINKED })], { onMissingRecord });
    expect(settled[0]?.kind).toBe(kind);
    expect([...world.records.values()]).toEqual(isMade ? [{ ext: "E1", name: "n1" }] : []);
  });

  test("rematch: the record that matches now is linked and gets the whole row, but no nulls", async () => {
    const world = scriptedDestination();
    const found = world.seed({ ext: "E1", note: "typed" });
    const { settled } = await settle(world, [aRow({ key: "1", ...LINKED })], { onMissingRecord: "rematch" });
    expect(settled).toMatchObject([{ kind: "applied", remoteId: found, created: false }]);
    expect(world.records.get(found)).toEqual({ ext: "E1", name: "n1", note: "typed" });
  });

  test("rematch goes down the match list, and takes only a record that is found alone", async () => {
    const world = scriptedDestination();
    const byMail = world.seed({ email: "a@x" });
    const match = [{ ext: "E1" }, { email: "a@x" }];
    const row = aRow({ key: "1", ...LINKED, match });
    expect((await settle(world, [row])).settled).toMatchObject([{ kind: "applied", remoteId: byMail }]);
    world.seed({ email: "b@x" });
    world.seed({ email: "b@x" });
    const double = aRow({ key: "2", ...LINKED, match: [null, { email: "b@x" }] });
    for (const onMissingRecord of ["rematch", "recreate"] as const)
      expect((await settle(world, [double], { onMissingRecord })).settled[0]?.kind).toBe("skipped");
    expect(world.records.size, "none is made beside them").toBe(3);
  });

  test("rematch does not take what another row holds", async () => {
    const world = scriptedDestination();
    const found = world.seed({ ext: "E1" });
    const { settled } = await settle(world, [aRow({ key: "1", ...LINKED })], {}, { [found]: "other" });
    expect(settled).toMatchObject([{ kind: "rejected", code: "RECORD_TAKEN" }]);
  });

  test.each(["skip", "rematch", "recreate"] as const)(
    "%s: a record that was merged away goes on as the survivor",
    async (onMissingRecord) => {
      const world = scriptedDestination();
      const survivor = world.seed({ note: "typed" });
      const destination = {
        ...world.destination,
        find: async (request: FindRequest) => {
          const reply = await world.destination.find(request, running());
          const gone = request.by === "recordId" ? request.values : [];
          const found = new Map([
            ...reply.found,
            ...gone.map((id) => [id, [{ remoteId: survivor, fields: {} }]] as const),
          ]);
          return { ...reply, found };
        },
      };
      const rows = [aRow({ key: "1", ...LINKED })];
      const { settled, merged } = await settle({ ...world, destination }, rows, { onMissingRecord });
      expect(settled).toMatchObject([{ kind: "applied", remoteId: survivor, created: false }]);
      expect(merged, "other syncs may hold the old id, too").toEqual([`${LINKED.remoteId} → ${survivor}`]);
      expect(world.records.size).toBe(1);
      expect(world.records.get(survivor)).toMatchObject({ name: "n1", note: "typed" });
    },
  );

  test("a merge that the vendor forgot is known from the sync that met it first, over several steps (S6)", async () => {
    const world = scriptedDestination();
    const survivor = world.seed({ note: "typed" });
    const rows = [aRow({ key: "1", ...LINKED })];
    const aliases = { [LINKED.remoteId]: "between", between: survivor };
    const { settled } = await settle(world, rows, { onMissingRecord: "skip" }, {}, aliases);
    expect(settled).toMatchObject([{ kind: "applied", remoteId: survivor, created: false }]);
    const circle = await settle(
      world,
      rows,
      { onMissingRecord: "skip" },
      {},
      { [LINKED.remoteId]: "a", a: "b", b: "a" },
    );
    expect(circle.settled).toMatchObject([{ kind: "skipped" }]);
  });

  test.each(["archive", "set"] as const)("a removal (%s) of a record that is gone is done", async (operation) => {
    const world = scriptedDestination();
    world.seed({ ext: "E1" });
    const row = aRow({
      key: "1",
      ...LINKED,
      operation,
      change: "removed",
      fields: operation === "set" ? { a: "b" } : {},
    });
    const { settled } = await settle(world, [row], { onMissingRecord: "recreate" });
    // What was to be archived is forgotten with its record; what was to be changed keeps its entry.
    expect(settled[0]?.kind).toBe(operation === "archive" ? "applied" : "skipped");
    expect(world.records.size).toBe(1);
  });
});

describe("answers that were lost (S19)", () => {
  const lostOnce = (lands: boolean): { world: World } => {
    const script: Script = {
      write: (write, batch, call) => {
        if (call > 0) return undefined;
        if (lands) world.carryOut(write, batch.operation);
        return LOST;
      },
    };
    const world = scriptedDestination(script);
    return { world };
  };

  test("a create that landed is found and not made again; who made it is not known (S9)", async () => {
    const { world } = lostOnce(true);
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT })], { write: "insert" });
    expect(settled).toMatchObject([{ kind: "applied", remoteId: "1", created: null }]);
    expect(world.records.size).toBe(1);
    expect(world.batches).toHaveLength(1);
  });

  test("a create that did not land is made again after looking", async () => {
    const { world } = lostOnce(false);
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT })], { write: "insert" });
    expect(settled).toMatchObject([{ kind: "applied", created: true }]);
    expect(world.records.size).toBe(1);
  });

  test("where nobody can look, the rows stay in doubt and their neighbours' answers count", async () => {
    const world = scriptedDestination({
      write: (write) => ("match" in write.by && write.by.match["ext"] === "E1" ? LOST : undefined),
      find: () => {
        throw new Fault("DESTINATION_UNREACHABLE", "gone");
      },
    });
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT }), aRow({ key: "2", ...INSERT })]);
    expect(settled.map((one) => one.kind)).toEqual(["inDoubt", "applied"]);
  });

  test("a create that landed after it had been looked for is met at the second try, and is the row's", async () => {
    const { world } = lostOnce(false);
    const { find } = world.destination;
    world.destination.find = async (...asked) => {
      const reply = await find(...asked);
      if (world.records.size === 0) world.seed({ ext: "E1", name: "n1" });
      return reply;
    };
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT })], { write: "insert" });
    expect(settled).toMatchObject([{ kind: "applied", remoteId: "1", created: null }]);
    expect([...world.records]).toEqual([["1", { ext: "E1", name: "n1" }]]);
  });

  test("what the second try meets by a value that the match list does not name is somebody else's", async () => {
    for (const before of [false, true]) {
      const { world } = lostOnce(false);
      const stranger = world.seed({ email: "a@x" });
      const { write } = world.destination;
      world.destination.write = async (batch, signal) => {
        if (world.batches.length === 0 && !before) return write(batch, signal);
        const exists: Outcome = { kind: "exists", remoteId: stranger, message: "by e-mail" };
        return { outcomes: [exists], refusedWhole: false, calls: 1, bytesOut: 0, hints: NO_HINTS };
      };
      const row = aRow({ key: "1", ...INSERT });
      const { settled } = await settle(world, [row], { write: "insert" }, {}, {}, {}, before);
      expect(settled, `sent before: ${before}`).toEqual([
        { kind: "skipped", reason: `record ${stranger} is there already` },
      ]);
    }
  });

  test("a record that is found for a lost create and belongs to another row is refused by name", async () => {
    const { world } = lostOnce(true);
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT })], { write: "insert" }, { 1: "other" });
    expect(settled).toMatchObject([{ kind: "rejected", code: "RECORD_TAKEN" }]);
  });

  test("a create without an answer whose second try never left stays in doubt", async () => {
    let isFirst = true;
    const world = scriptedDestination({
      write: () => {
        const answer: Outcome = isFirst ? LOST : { kind: "deferred", code: "THROTTLED", message: "too many calls" };
        isFirst = false;
        return answer;
      },
    });
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT })], { write: "insert" });
    expect(settled).toMatchObject([{ kind: "inDoubt", reason: "too many calls" }]);
  });

  test("a create that is lost again and again stays in doubt after three more tries", async () => {
    const world = scriptedDestination({ write: () => LOST });
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT })]);
    expect(settled).toMatchObject([{ kind: "inDoubt" }]);
    expect(world.batches).toHaveLength(4);
  });

  test("an update without an answer whose record was merged goes to the survivor, unless another row holds it", async () => {
    const merged = () => {
      const world = scriptedDestination({
        write: (write) => ("id" in write.by && write.by.id === "99" ? LOST : undefined),
      });
      const survivor = world.seed({ name: "old" });
      world.destination.find = async () => ({
        found: new Map([["99", [{ remoteId: survivor, fields: {} }]]]),
        calls: 1,
        bytesOut: 0,
        hints: { window: null, daily: null, retryAfterMs: null, throttled: false },
      });
      return { world, survivor };
    };
    const free = merged();
    const { settled } = await settle(free.world, [aRow({ key: "1", ...LINKED })]);
    expect(settled).toMatchObject([{ kind: "applied", remoteId: free.survivor }]);
    expect(free.world.records.get(free.survivor)).toEqual({ name: "new" });
    const held = merged();
    const other = await settle(held.world, [aRow({ key: "1", ...LINKED })], {}, { [held.survivor]: "7" });
    expect(other.settled).toMatchObject([{ kind: "rejected", code: "RECORD_TAKEN" }]);
  });

  test("an update without an answer whose record is there stays in doubt", async () => {
    const world = scriptedDestination({ write: () => LOST });
    const id = world.seed({ name: "old" });
    const { settled } = await settle(world, [aRow({ key: "1", ...LINKED, remoteId: id })]);
    expect(settled).toMatchObject([{ kind: "inDoubt" }]);
  });
});

describe("several records have the values of a row whose create was lost: one of them may be its own", () => {
  const twice = () => {
    const world = scriptedDestination({
      write: (write, batch) => {
        world.carryOut(write, batch.operation);
        return LOST;
      },
    });
    world.seed({ ext: "E1", name: "by somebody else" });
    return world;
  };
  test.each([false, true])("the row stays in doubt, and nothing is made; sent before: %s", async (before) => {
    const world = twice();
    world.seed({ ext: "E1", name: "by a third" });
    const { settled } = await settle(world, [aRow({ key: "1", ...INSERT })], {}, {}, {}, {}, before);
    expect(settled).toMatchObject([{ kind: "inDoubt" }]);
    expect(world.batches).toHaveLength(before ? 0 : 1);
  });
});

describe("an upsert that may have landed under a process that died", () => {
  const sentBefore = async (unique: boolean) => {
    const world = scriptedDestination();
    let looks = 0;
    const { find } = world.destination;
    world.destination.find = (...asked) => {
      looks++;
      return find(...asked);
    };
    const ext = { name: "ext", unique } as RemoteField;
    const object = { ...ANY_OBJECT, fields: new Map([["ext", ext]]) };
    await settle(world, [aRow({ key: "1" })], {}, {}, {}, {}, true, { object });
    return looks;
  };

  test("goes again at once by a unique key, and is looked for first by any other (S19)", async () => {
    expect(await sentBefore(true)).toBe(0);
    expect(await sentBefore(false)).toBe(1);
  });
});

describe("a row that the vendor's own upsert wrote into another row's record", () => {
  const ROW = aRow({ key: "2", fields: { ext: "E2", name: "two", note: "of two" }, match: [{ ext: "E2" }] });
  const trespass = async (acknowledged: FieldValues | "in doubt" | null, script: Script = {}) => {
    const world = scriptedDestination(script);
    const id = world.seed({ ext: "E2", name: "one", note: null });
    const part = { acknowledged: async () => acknowledged };
    const { settled } = await settle(world, [ROW], {}, { [id]: "1" }, {}, {}, false, part);
    return { settled, record: world.records.get(id) };
  };

  test("is refused, and the owner has its values back", async () => {
    const { settled, record } = await trespass({ ext: "E1", name: "one" });
    expect(settled).toMatchObject([{ kind: "rejected", code: "RECORD_TAKEN" }]);
    expect(record).toEqual({ ext: "E2", name: "one", note: null });
  });

  test("is deferred where nobody knows them yet, or they could not be sent: it will meet the record again", async () => {
    expect((await trespass("in doubt")).settled).toMatchObject([{ kind: "deferred", code: "RECORD_TAKEN" }]);
    const down = await trespass(
      { name: "one" },
      { write: (_, batch) => (batch.operation === "update" ? LOST : undefined) },
    );
    expect(down.settled).toMatchObject([{ kind: "deferred", code: "RECORD_TAKEN" }]);
  });

  test.each<[string, FieldValues | null, Outcome | undefined, RegExp]>([
    ["nothing is written down of them", null, undefined, /written down nowhere/],
    [
      "the destination refuses them",
      { name: "one" },
      { kind: "rejected", code: "INVALID_OPTION", field: "name", message: "no such option", suppressed: false },
      /no such option/,
    ],
    [
      "the destination keeps the other's",
      { name: "one" },
      { kind: "applied", remoteId: "1", created: false, altered: [{ field: "name", sent: "one", kept: "two" }] },
      /keeps other values in name/,
    ],
  ])("is refused where they cannot be given back, which it says: %s", async (_, values, answer, why) => {
    const write: Script["write"] = (_, batch) => (batch.operation === "update" ? answer : undefined);
    expect((await trespass(values, { write })).settled).toMatchObject([
      { kind: "rejected", code: "RECORD_TAKEN", message: expect.stringMatching(why) },
    ]);
  });
});

describe("runs of other syncs in the same object (S10)", () => {
  const REMOVED = { change: "removed", operation: "archive", match: [], fields: {} } as const;

  test("hear what is about to be removed before anybody is asked who holds it, and what is spared", async () => {
    const world = scriptedDestination();
    const ids = [world.seed({ ext: "E1" }), world.seed({ ext: "E2" })];
    const told: string[] = [];
    const neighbours = {
      ...ALONE,
      removes: (remoteIds: readonly string[]) => {
        told.push(`removes ${remoteIds.join(" ")}`);
        return (spared: readonly string[]) => void told.push(`spares ${spared.join(" ")}`);
      },
    };
    const holdersOf = async () => {
      told.push("asks");
      return { own: new Map(), others: new Map([[ids[0] ?? "", "tiers"]]) };
    };
    const rows = ids.map((remoteId, place) => aRow({ key: `${place + 1}`, remoteId, ...REMOVED }));
    await settle(world, rows, {}, {}, {}, {}, false, { neighbours, holdersOf });
    expect(told).toEqual([`removes ${ids.join(" ")}`, "asks", `spares ${ids[0]}`]);
  });

  test("a record that one of them removes is not taken for this row's, and the next plan looks anew", async () => {
    const world = scriptedDestination();
    const id = world.seed({ ext: "E1" });
    const neighbours = { ...ALONE, removed: async () => new Set([id]) };
    const { settled } = await settle(world, [aRow({ key: "1" })], {}, {}, {}, {}, false, { neighbours });
    expect(settled).toMatchObject([{ kind: "deferred", code: "RECORD_GONE" }]);
  });

  test("a record that the plan had found and that is gone by now was never the row's: it is looked for anew", async () => {
    const world = scriptedDestination();
    const row = aRow({ key: "1", ...LINKED, change: "added", isKnown: false, adopted: true });
    expect((await settle(world, [row])).settled).toMatchObject([{ kind: "deferred", code: "RECORD_GONE" }]);
    // The write to it was never answered, or may have landed under a process that died.
    const silent = scriptedDestination({ write: () => LOST });
    expect((await settle(silent, [row])).settled).toMatchObject([{ kind: "deferred", code: "RECORD_GONE" }]);
    const again = await settle(world, [row], {}, {}, {}, {}, true);
    expect(again.settled).toMatchObject([{ kind: "deferred", code: "RECORD_GONE" }]);
  });
});

test("a record that another sync found since the plan was made is not removed (S10)", async () => {
  const world = scriptedDestination();
  const ids = [world.seed({ ext: "E1" }), world.seed({ ext: "E2" })];
  const leaving = ids.map((remoteId, place) =>
    aRow({ key: `${place + 1}`, change: "removed", operation: "archive", remoteId, match: [], fields: {} }),
  );
  const { settled } = await settle(world, leaving, {}, {}, {}, { [ids[0] ?? ""]: "tiers" });
  expect(settled).toMatchObject([
    { kind: "transferred", reason: "sync tiers holds this record now" },
    { kind: "applied", remoteId: ids[1] },
  ]);
  expect([...world.records.keys()]).toEqual([ids[0]]);
});

describe("a record that was merged by people is nobody's to remove (S6, S9)", () => {
  const LEAVING = { change: "removed", operation: "archive", match: [], fields: {} } as const;
  const merged = (survivor: string) => {
    const world = scriptedDestination();
    const own = world.seed({ ext: "E1" });
    world.seed({ ext: "E2" });
    const { find } = world.destination;
    world.destination.find = async (request, signal) => {
      const reply = await find(request, signal);
      return { ...reply, found: new Map([...reply.found, ["99", [{ remoteId: survivor, fields: {} }]]]) };
    };
    return { world, own };
  };

  test("the row that holds the survivor keeps it, and the other row lets go", async () => {
    const { world, own } = merged("1");
    const rows = [aRow({ key: "2", remoteId: "99", ...LEAVING }), aRow({ key: "3", remoteId: "2", ...LEAVING })];
    const answer = await settle(world, rows, {}, { [own]: "1" });
    expect(answer.settled).toMatchObject([
      { kind: "transferred", reason: "row 1 holds this record now", remoteId: "1" },
      { kind: "applied", remoteId: "2" },
    ]);
    expect([...world.records.keys()]).toEqual([own]);
    expect(answer.merged).toEqual(["99 → 1"]);
  });

  test("where no row holds it, it stays all the same: it is not this row's alone", async () => {
    const { world } = merged("1");
    const { settled } = await settle(world, [aRow({ key: "2", remoteId: "99", ...LEAVING })]);
    expect(settled).toMatchObject([{ kind: "skipped", reason: "record 99 was merged into 1, which stays as it is" }]);
    expect(world.records.size).toBe(2);
  });

  test("a removal that may have landed before is not sent again: the next plan decides on it", async () => {
    const world = scriptedDestination();
    const remoteId = world.seed({ ext: "E1" });
    const answer = await settle(world, [aRow({ key: "1", remoteId, ...LEAVING })], {}, {}, {}, {}, true);
    expect(answer.settled).toMatchObject([{ kind: "inDoubt", reason: expect.stringMatching(/the next plan decides/) }]);
    expect(world.batches).toEqual([]);
  });

  test.each([
    [new Fault("DESTINATION_UNREACHABLE", "the vendor answers 503"), []],
    [new Fault("AUTH_REFUSED", "token expired"), ["AUTH_REFUSED"]],
  ])("where nobody can say, nothing is removed: %s", async (fault, told) => {
    const world = scriptedDestination({
      find: () => {
        throw fault;
      },
    });
    const remoteId = world.seed({ ext: "E1" });
    const answer = await settle(world, [aRow({ key: "1", remoteId, ...LEAVING })]);
    expect(answer.settled).toEqual([{ kind: "deferred", code: fault.code, message: fault.message }]);
    expect(answer.faults.map(({ code }) => code)).toEqual(told);
    expect(world.batches).toEqual([]);
  });
});

test("a refused write defers its rows, and says why to who asked (S20)", async () => {
  const refused = new Fault("AUTH_REFUSED", "token expired");
  const world = scriptedDestination({
    write: () => {
      throw refused;
    },
  });
  const { settled, faults } = await settle(world, [aRow({ key: "1" }), aRow({ key: "2" })]);
  expect(settled).toMatchObject([{ kind: "deferred", code: "AUTH_REFUSED" }, { kind: "deferred" }]);
  expect(faults).toEqual([refused]);
});

test("no question is larger than one call takes, however large the batch", async () => {
  const world = scriptedDestination(
    { write: (_, __, call) => (call === 0 ? LOST : undefined) },
    { searchSize: () => 2 },
  );
  const rows = Array.from({ length: 5 }, (_, index) => aRow({ key: `${index}`, ...INSERT }));
  const { settled } = await settle(world, rows);
  expect(settled.map((one) => one.kind)).toEqual(Array.from({ length: 5 }, () => "applied"));
});

test("rows that need no call are settled as the plan says", async () => {
  const world = scriptedDestination();
  const skipped = await settle(world, [aRow({ key: "1", settled: "skipped", reason: "no record matches" })]);
  expect(skipped.settled).toEqual([{ kind: "skipped", reason: "no record matches" }]);
  const adopted = await settle(world, [aRow({ key: "1", remoteId: "5", fields: {}, adopted: true })]);
  expect(adopted.settled).toEqual([{ kind: "applied", remoteId: "5", created: false, altered: [] }]);
  expect(world.batches).toEqual([]);
});

test("a missing answer is a doubt, never a success", async () => {
  const world = scriptedDestination({ reply: (reply) => ({ ...reply, outcomes: [] }) });
  expect((await settle(world, [aRow({ key: "1" })])).settled).toMatchObject([{ kind: "inDoubt" }]);
});

function exists(remoteId: string): Outcome {
  return { kind: "exists", remoteId, message: `already exists, id ${remoteId}` };
}
