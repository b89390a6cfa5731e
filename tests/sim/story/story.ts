/** A seed's story: rounds of change, trouble and commands; then peace, until nothing is left to do. */
import type { Chance } from "../world/chance.ts";
import { type Fate, NO_FATE } from "../world/life.ts";
import { type Command, type Ended, runCommand, type Stage } from "./command.ts";
import { drawFate, LONG_PAUSES_MS } from "./fates.ts";
import { letPeopleWork } from "./people.ts";
import { type ModelName, SAME_FIELDS_AGAIN } from "./project.ts";
import { cutSql, firstTable, nextTable, sqlOf, type Table, withLeavers } from "./tables.ts";

export type StoryShape = {
  readonly rounds: number;
  readonly size: number;
  /** Share of the seeds with such trouble whose story ends with an episode made for it. */
  readonly episodes: number;
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What the warehouse and the files hold at some moment. */
export type Given = { readonly tables: Readonly<Record<ModelName, Table>>; readonly version: number };

/** Plays the troubled part. Gives what warehouse and files hold at its end. */
export async function playStory(stage: Stage, shape: StoryShape, chance: Chance): Promise<Given> {
  const { world, vendor, watch, swarm, say } = stage;
  const people = firstTable(shape.size, chance, swarm);
  const former: Given["tables"][] = [];
  let given: Given = { tables: { people, everyone: withLeavers([], people, chance) }, version: 0 };
  for (let round = 0; round < shape.rounds; round++) {
    if (round > 0) {
      // What lands late has landed by now.
      await world.sleep(chance.pick([2 * MINUTE, 10 * MINUTE, 2 * HOUR, 30 * HOUR]));
      const back = former.at(-1);
      former.push(given.tables);
      // What was lost, and then goes back to what it was, looks as if nothing had happened.
      if (back !== undefined && chance.hits(0.3)) given = { ...given, tables: back };
      else if (chance.hits(0.8)) given = { ...given, tables: changed(given.tables, shape.size, chance, stage) };
      await letPeopleWork(vendor, swarm, watch, chance, say);
      if (swarm.has("config edit") && chance.hits(0.4)) {
        given = { ...given, version: given.version + 1 };
        vendor.seen.add("config edit");
      }
    }
    if (swarm.has("outage") && chance.hits(0.4)) vendor.downUntilMs = world.nowMs + chance.int(1_000, 200_000);
    given = { ...given, version: await playRound(stage, chance, given, chance.fork(`edits ${round}`)) };
  }
  await playTakeover(stage, shape, given, chance.fork("takeover"));
  await playCutRead(stage, shape, given, chance.fork("cut read"));
  return playDoubts(stage, shape, given, chance.fork("doubts"));
}

/** One command by itself; `how` much of what the warehouse holds is read. */
function runOnce(
  stage: Stage,
  { tables, version }: Given,
  how: "whole" | "cut",
  fate: Partial<Fate> = {},
): Promise<Ended> {
  const sqls = tell(stage, tables, how);
  const asked = { version, cancelAfterMs: null, insists: true, approve: false };
  return runCommand(stage, { ...asked, sqls, fate: { ...NO_FATE, ...fate } });
}

/** A process sleeps for longer than its lease, another takes over, and the first wakes in the middle of the other's work. */
async function playTakeover(stage: Stage, { size, episodes }: StoryShape, given: Given, chance: Chance): Promise<void> {
  const { world, vendor, swarm } = stage;
  if (!swarm.has("pause") || !chance.hits(episodes)) return;
  await world.sleep(30 * HOUR);
  const now = { ...given, tables: changed(given.tables, size, chance, stage) };
  const at = { from: chance.pick(["start", "writing"]), call: chance.int(1, 12) };
  const sleeper = runOnce(stage, now, "whole", { isSlow: true, pause: { at, ms: LONG_PAUSES_MS[0] } });
  await world.sleep(LONG_PAUSES_MS[0] - chance.int(0, 500));
  await Promise.all([sleeper, runOnce(stage, now, "whole", { isSlow: true })]);
  for (const kind of ["pause", "two processes"]) vendor.seen.add(kind);
}

/** Everything is in its place, and then the warehouse gives some rows and breaks off. */
async function playCutRead(stage: Stage, { episodes }: StoryShape, given: Given, chance: Chance): Promise<void> {
  const { world, vendor, swarm } = stage;
  if (!swarm.has("cut read") || !chance.hits(episodes)) return;
  for (const how of ["whole", "cut"] as const) {
    await world.sleep(30 * HOUR);
    await runOnce(stage, given, how);
  }
  vendor.seen.add("cut read");
}

/**
 * Rows change, their process dies as it sends them, somebody touches the file (the run is given up, its rows are in doubt), and
 * what the warehouse holds is again what was accepted before: nothing but the doubt tells.
 */
async function playDoubts(stage: Stage, { size, episodes }: StoryShape, given: Given, chance: Chance): Promise<Given> {
  const { world, vendor, swarm } = stage;
  if (!swarm.has("crash") || !chance.hits(episodes)) return given;
  await world.sleep(30 * HOUR);
  await runOnce(stage, given, "whole");
  await world.sleep(10 * MINUTE);
  const at = { from: "sending", call: chance.int(1, 2) };
  const next = { ...given, tables: changed(given.tables, size, chance, stage) };
  const ended = await runOnce(stage, next, "whole", { crash: { at, moment: "during" } });
  if (ended === null) vendor.seen.add("crash");
  await world.sleep(10 * MINUTE);
  return { ...given, version: given.version + SAME_FIELDS_AGAIN };
}

function changed(tables: Given["tables"], size: number, chance: Chance, { swarm }: Stage): Given["tables"] {
  const people = nextTable(tables.people, size, chance, swarm);
  return { people, everyone: withLeavers(tables.everyone, people, chance) };
}

/** Gives the version of the files at its end: where a process died, somebody may change them before the next one starts. */
async function playRound(stage: Stage, chance: Chance, { tables, ...given }: Given, edits: Chance): Promise<number> {
  let { version } = given;
  const { world, vendor, swarm } = stage;
  const isEmpty = swarm.has("zero rows") && chance.hits(0.2);
  const isCut = !isEmpty && swarm.has("cut read") && chance.hits(0.15);
  if (isEmpty) vendor.seen.add("zero rows");
  if (isCut) vendor.seen.add("cut read");
  const sqls = tell(stage, tables, isCut ? "cut" : isEmpty ? "empty" : "whole");
  const isDouble = swarm.has("two processes") && chance.hits(0.4);
  const start = async (startsAfterMs: number, fate: Fate): Promise<Ended> => {
    await world.sleep(startsAfterMs);
    const cancelAfterMs = swarm.has("cancel") && chance.hits(0.25) ? chance.int(0, 3_000) : null;
    if (cancelAfterMs !== null) vendor.seen.add("cancel");
    const ended = await runCommand(stage, {
      ...{ sqls, version, fate, cancelAfterMs, insists: chance.hits(0.1) },
      // Nobody approves that all rows go.
      approve: !isEmpty && chance.hits(0.15),
    });
    if (ended === null) vendor.seen.add("crash");
    if (fate.skewMs !== 0) vendor.seen.add("skew");
    return ended;
  };
  const fate = drawFate(chance, swarm, isDouble);
  if (fate.pause !== null) vendor.seen.add("pause");
  // Who sleeps longer than its lease finds another at work.
  const isOvertaken = fate.pause !== null && fate.pause.ms >= LONG_PAUSES_MS[0] && chance.hits(0.8);
  if (isDouble || isOvertaken) {
    vendor.seen.add("two processes");
    const laterMs = isOvertaken ? chance.int(181_000, 199_000) : chance.pick([0, 500, 5_000, 100_000, 250_000]);
    await Promise.all([start(0, fate), start(laterMs, drawFate(chance, swarm, true))]);
    return version;
  }
  // A supervisor starts a dead process again, at once or after a while.
  for (let attempt = 0; attempt < 4; attempt++) {
    const ended = await start(0, attempt === 0 ? fate : drawFate(chance, swarm, false));
    if (ended !== null) return version;
    await world.sleep(chance.pick([100, 2_000, 20_000, 200_000]));
    // The run that was cut off is then given up, with what it had sent in doubt.
    if (swarm.has("config edit") && edits.hits(0.5)) version++;
  }
  return version;
}

/** Makes the tables' SQL known, and what it gives. */
function tell({ place, watch }: Stage, tables: Given["tables"], how: "whole" | "empty" | "cut"): Command["sqls"] {
  const sqlOfModel = (model: ModelName): string => {
    const table = how === "empty" ? [] : tables[model];
    const sql = how === "cut" ? cutSql(table) : sqlOf(table);
    place.answers.tell(sql, table, how === "cut");
    if (how === "whole") watch.given(model, table);
    return sql;
  };
  return { people: sqlOfModel("people"), everyone: sqlOfModel("everyone") };
}

/** Runs a day apart before a sync is expected to have nothing left to do. */
const CALM_DAYS = 2;

/** Without any trouble: runs until one had nothing to send, with all that waits for another day behind it. Says whether that came about. */
export async function settle(stage: Stage, { tables, version }: Given): Promise<boolean> {
  const { world, vendor, watch } = stage;
  vendor.isTroubled = false;
  vendor.downUntilMs = 0;
  const sqls = tell(stage, tables, "whole");
  for (let run = 0; run < 10; run++) {
    // Refusals wait up to a day, approvals and lost records are looked at again after one; the last runs follow at once.
    await world.sleep(run < CALM_DAYS ? 25 * HOUR : MINUTE * 5);
    const before = watch.writes;
    const ended = await runCommand(stage, {
      ...{ sqls, version, fate: NO_FATE, cancelAfterMs: null, insists: true, approve: true },
    });
    for (const { sync, fault } of ended ?? []) if (fault?.code === "QUARANTINED") await release(stage, sync);
    const isQuiet = watch.writes === before && ended?.every((one) => one.run?.state === "succeeded") === true;
    // Where a row waits, another day may bring it on.
    const isAtRest = ended?.every((one) => one.run?.counts?.waiting === 0) === true;
    if (run >= (isAtRest ? CALM_DAYS - 1 : CALM_DAYS) && isQuiet) return true;
  }
  return false;
}

/** What `sluice resume` does for a sync that died again and again. */
async function release({ place }: Stage, sync: string): Promise<void> {
  const attempt = await place.state.acquire(sync, "a person", MINUTE, () => true);
  if (!attempt.ok) return;
  await place.state.putDeaths(attempt.lease, null);
  await place.state.release(attempt.lease);
}

/** The last word of the warehouse: every row has a key, and none twice. */
export function cleaned({ tables, version }: Given): Given {
  return { tables: { people: uniqueRows(tables.people), everyone: uniqueRows(tables.everyone) }, version };
}

function uniqueRows(table: Table): Table {
  return table.filter(({ id }, index) => id !== null && table.findIndex((other) => other.id === id) === index);
}
