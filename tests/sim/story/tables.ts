/** The warehouse of a seed: few people with few values, so that things go back to what they were, and rows return. */
import { Fault } from "../../../src/contract/fault.ts";
import type { Column, Row } from "../../../src/contract/value.ts";
import { rowsSql } from "../../contract/planner/subject.ts";
import { POISON } from "../vendor/records.ts";
import type { Chance } from "../world/chance.ts";
import type { Swarm } from "./swarm.ts";

const NAMES = ["id", "email", "name", "city", "tier"] as const;
export type Person = Readonly<Record<(typeof NAMES)[number], string | null>>;
export type Table = readonly Person[];

export const COLUMNS: readonly Column[] = NAMES.map((name) => ({
  ...{ name, type: "text", nativeType: "VARCHAR", zoned: false, isList: false },
}));

/** Stands in one person's name; nothing but the destination, snapshots and plans may ever hold it. */
export const CANARY = "canary-person-4711";

export function personOf(key: number, chance: Chance, swarm: Swarm): Person {
  const name = chance.pick(["A", "B", "A", "B", null, key === 1 ? CANARY : "C"]);
  const isPoison = swarm.has("poison") && chance.hits(0.12);
  return {
    id: `k${key}`,
    email:
      swarm.has("moved values") && chance.hits(0.2)
        ? `e${chance.int(1, 6)}@x`
        : `${chance.pick(["e", "e", "f"])}${key}@x`,
    name: isPoison ? POISON : name,
    city: chance.pick(["oslo", "Bergen", "oslo", null]),
    tier: chance.pick(["gold", "silver", "gold", null]),
  };
}

/** What a table of everybody still holds of those who left another one. */
export function withLeavers(everyone: Table, people: Table, chance: Chance): Table {
  const living = people.filter(
    ({ id }, index) => id !== null && people.findIndex((other) => other.id === id) === index,
  );
  const leavers = everyone.filter(({ id }) => !living.some((other) => other.id === id) && chance.hits(0.7));
  return [...living, ...leavers];
}

export function firstTable(size: number, chance: Chance, swarm: Swarm): Table {
  const keys = Array.from({ length: size }, (_, index) => index + 1);
  return keys.filter(() => chance.hits(0.8)).map((key) => personOf(key, chance, swarm));
}

/** Some people come, some go, some change. */
export function nextTable(table: Table, size: number, chance: Chance, swarm: Swarm): Table {
  const next: Person[] = [];
  for (let key = 1; key <= size; key++) {
    const old = table.find(({ id }) => id === `k${key}`);
    const fresh = personOf(key, chance, swarm);
    const goes = chance.hits(0.1);
    if (old === undefined ? chance.hits(0.45) : !goes) next.push(old === undefined || chance.hits(0.35) ? fresh : old);
  }
  if (swarm.has("dirty rows") && chance.hits(0.3)) next.push({ ...personOf(9, chance, swarm), id: null });
  const [first] = next;
  if (swarm.has("dirty rows") && chance.hits(0.2) && first !== undefined) next.push({ ...first, name: "D" });
  return next;
}

export function sqlOf(table: Table): string {
  const columns = Object.fromEntries(NAMES.map((name) => [name, "text"]));
  return rowsSql(
    columns,
    table.map((person) => NAMES.map((name) => person[name])),
  );
}

/** A query that breaks off after some rows. */
export function cutSql(table: Table): string {
  return `select * replace (case when tier is distinct from 'x' then error('the connection was lost') else id end as id) from (${sqlOf(table)})`;
}

const CUT = "\n-- cut";
/** No more than the guards let go: what they hold shows nothing of the bug. */
const CUT_OFF = 2;

/** The same query, and whoever evaluates it takes what came before it broke off for all. */
export function takenForWhole(sql: string): string {
  return `${sql}${CUT}`;
}

/** What the SQL of a seed gives, for a planner that has no database to ask. */
export type Answers = {
  tell(sql: string, table: Table, isCut: boolean): void;
  evaluate(sql: string): Promise<readonly Row[]>;
};

export function newAnswers(): Answers {
  const known = new Map<string, { table: Table; isCut: boolean }>();
  return {
    tell: (sql, table, isCut) => void known.set(sql, { table, isCut }),
    evaluate: async (sql) => {
      const isTaken = sql.endsWith(CUT);
      const answer = known.get(isTaken ? sql.slice(0, -CUT.length) : sql);
      if (answer === undefined) throw new Error("nobody said what this model gives");
      if (!answer.isCut) return answer.table;
      if (isTaken) return answer.table.slice(0, -CUT_OFF);
      throw new Fault("MODEL_FAILED", "the model failed while it was read: the connection was lost");
    },
  };
}
