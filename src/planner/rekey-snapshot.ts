import { Fault } from "../contract/fault.ts";
import type { KeyTrouble, RekeyFacts, RekeyRequest, RekeySession } from "../contract/planner.ts";
import type { KeyMove } from "../contract/state.ts";
import type { Column } from "../contract/value.ts";
import { exactText, quoteName, quoteText } from "../core/duckdb-sql.ts";
import { keyFamily, namedKey } from "../core/key.ts";
import type { DuckdbEngine } from "./duckdb-engine.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { insertRows } from "./insert-rows.ts";
import { runModel } from "./read-model.ts";
import { fence, invalidTable, META, readMeta, type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { keySql } from "./value-sql.ts";

/** Every row of the model: its key as the snapshot knows it, and its key from now on. */
const ROWS = "temp.main.sluice_rekeyed";
/** Keys of present refusals. */
const REFUSED = "temp.main.sluice_refused";
/** Former keys that the snapshot or a refusal knows: in how many rows each stands, and its new key. */
const CLAIMS = "temp.main.sluice_claims";
/** Every known former key with its new one. */
const MOVES = "temp.main.sluice_moves";

/**
 * Before the key of what no row of the model has any more. A noncharacter, which no text is exchanged with: no row has such a
 * key. It is put before marked keys once more, so that two changes of key never make one key of two.
 */
export const FORMER_KEY = "\ufdd0former key ";
const EXAMPLES = 5;

export type RekeyParts = {
  readonly request: RekeyRequest;
  readonly meta: StoredMeta | null;
  readonly session: DuckdbSession;
  readonly release: () => Promise<void>;
  readonly engine: Pick<DuckdbEngine, "onEveryCore" | "giveBack">;
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
};

/**
 * Entries move to the new key of their row, found by the former key; all else of them stays, since hashes cover fields alone.
 * Entries of no row keep what they know under a key that cannot be a row's, and the next plan finds them as removed.
 */
export async function rekeySession(parts: RekeyParts): Promise<RekeySession> {
  const { request, meta, session, engine } = parts;
  const close = closing(parts);
  if (meta === null) {
    await close();
    throw unknownSync(request.sync);
  }
  return {
    stage: async (signal) => {
      await session.run("create temp table sluice_refused (key varchar)");
      await insertRows(
        session,
        "sluice_refused",
        { key: "VARCHAR" },
        request.refused.map((key) => ({ key })),
      );
      await runModel(() => engine.onEveryCore(() => session.run(rowsSql(request), signal)));
      await engine.giveBack();
      return engine.onEveryCore(() => compare(parts, meta, signal));
    },
    moves: () =>
      session.rows<KeyMove>(
        `select former as "from", key as "to" from ${MOVES} where former in (select key from ${REFUSED}) order by former`,
      ),
    commit: (epoch) => parts.alone(() => commit(parts, meta, epoch)),
    close,
  };
}

function closing({ session, release, engine }: RekeyParts): () => Promise<void> {
  let isClosed = false;
  return async () => {
    if (isClosed) return;
    isClosed = true;
    session.close();
    await release();
    await engine.giveBack();
  };
}

function unknownSync(sync: string): Fault {
  return new Fault("STATE_MISMATCH", `the planner knows no sync "${sync}"`, {
    fix: "put state, planner and plans back from one backup (`sluice state restore BACKUP`)",
  });
}

/** The model, once, narrow: only its two keys. */
function rowsSql({ sql, former, primaryKey }: RekeyRequest): string {
  const parts = former.map(({ column, family }, index) => ({
    sql: formerPartSql(column, family),
    name: `sluice former ${index}`,
  }));
  const asText = parts.map(({ name }): Column => ({ ...TEXT, name }));
  const columns = [...new Set(primaryKey.map(({ name }) => quoteName(name)))];
  const inner = [...columns, ...parts.map((part) => `${part.sql} as ${quoteName(part.name)}`)].join(", ");
  return `create temp table sluice_rekeyed as select ${keySql(asText)} as former, ${keySql(primaryKey)} as key
    from (select ${inner} from query(${quoteText(sql)}) as model)`;
}

const TEXT: Column = { name: "", type: "text", nativeType: "VARCHAR", zoned: false, isList: false };
const ZONELESS: Column = { ...TEXT, type: "timestamp", nativeType: "TIMESTAMP" };
const ZONED: Column = { ...TEXT, type: "timestamp", nativeType: "TIMESTAMP WITH TIME ZONE", zoned: true };
const NUMBER = String.raw`[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`;
const WITH_ZONE = String.raw`.*[ T]\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)`;

/** One part of the former key, as it would have read when its column was of that family; NULL where it cannot have been. */
function formerPartSql(column: Column, family: string): string {
  const text = keySql([column]);
  if (keyFamily(column) === family) return text;
  const trimmed = `trim(${text})`;
  switch (family) {
    case "number":
      return `case when regexp_full_match(${trimmed}, ${quoteText(NUMBER)}) then ${numberText(trimmed)} end`;
    case "boolean":
      return `cast(try_cast(${trimmed} as boolean) as varchar)`;
    case "date":
      return `cast(try_cast(left(${trimmed}, 10) as date) as varchar)`;
    case "timestamp":
      return `case when regexp_full_match(${trimmed}, ${quoteText(WITH_ZONE)})
        then ${exactText(`try_cast(${trimmed} as timestamptz)`, ZONED)}
        else ${exactText(`try_cast(${trimmed} as timestamp)`, ZONELESS)} end`;
    default:
      return text;
  }
}

/** A number in digits as a numeric key reads: no sign of plus, no zeros before or behind. By text, since no type holds them all. */
function numberText(text: string): string {
  const bare = String.raw`regexp_replace(regexp_replace(ltrim(${text}, '+'), '^(-?)0+([0-9])', '\1\2'), '^(-?)\.', '\10.')`;
  return `case when contains(${bare}, '.') and not contains(lower(${bare}), 'e') then rtrim(rtrim(${bare}, '0'), '.') else lower(${bare}) end`;
}

async function compare({ request, session }: RekeyParts, meta: StoredMeta, signal: AbortSignal): Promise<RekeyFacts> {
  const snapshot = snapshotTable(meta.table);
  await session.run(
    `create temp table sluice_claims as select former, count(*) as rows, min(key) as key from ${ROWS}
      where former in (select key from ${snapshot} union all select key from ${REFUSED}) group by former`,
    signal,
  );
  await session.run(movesSql(request, snapshot), signal);
  const rows = await session.count(`select count(*) from ${snapshot}`);
  const carried = await session.count(`select count(*) from ${snapshot} where key in (select former from ${CLAIMS})`);
  const unknown = await session.count(
    `select count(*) from ${ROWS} where former is null or former not in (select key from ${snapshot})`,
  );
  const repeated = `(select key from ${ROWS} where key is not null group by key having count(*) > 1)`;
  return {
    rows,
    carried,
    left: rows - carried,
    unknown,
    ambiguous: await trouble(session, "rows > 1"),
    withoutKey: await trouble(session, "rows = 1 and key is null"),
    repeated: await trouble(session, `rows = 1 and key in ${repeated}`),
  };
}

/**
 * Where the key is still read from the columns that it was read from, an entry of no row keeps its key: should the row come
 * back, it is the same row. From other columns one text may name two rows, so that every such entry is told apart.
 */
function movesSql({ former, primaryKey }: RekeyRequest, snapshot: string): string {
  const names = (columns: readonly Column[]): string => JSON.stringify(columns.map(({ name }) => name));
  const isSameKey = names(former.map(({ column }) => column)) === names(primaryKey);
  const mark = quoteText(FORMER_KEY);
  const mayStay = isSameKey
    ? `not starts_with(k.key, ${mark}) and k.key not in (select key from ${ROWS} where key is not null)`
    : "false";
  return `create temp table sluice_moves as select k.key as former,
      case when c.former is not null then c.key when ${mayStay} then k.key else ${mark} || k.key end as key
    from (select key from ${snapshot} union select key from ${REFUSED}) k left join ${CLAIMS} c on c.former = k.key`;
}

async function trouble(session: DuckdbSession, where: string): Promise<KeyTrouble> {
  const rows = await session.count(`select count(*) from ${CLAIMS} where ${where}`);
  if (rows === 0) return { rows, examples: [] };
  const examples = await session.rows<{ former: string }>(
    `select former from ${CLAIMS} where ${where} order by former limit ${EXAMPLES}`,
  );
  return { rows, examples: examples.map((row) => row.former) };
}

async function commit({ request, session }: RekeyParts, staged: StoredMeta, epoch: number): Promise<void> {
  await session.transaction(async () => {
    const meta = await readMeta(session, request.sync);
    if (meta === null) throw unknownSync(request.sync);
    fence(meta, epoch);
    if (meta.generation !== staged.generation || meta.table !== staged.table)
      throw new Fault("STATE_MISMATCH", `the snapshot of "${request.sync}" moved while its keys were compared`, {
        fix: "run the command again; no key was changed",
      });
    const snapshot = snapshotTable(meta.table);
    await session.run(`update ${snapshot} set key = m.key from ${MOVES} m
      where ${snapshot}.key = m.former and m.key is distinct from m.former`);
    const [sums] = await session.rows<{ wrong: string }>(
      `select count(*) - count(distinct key) as wrong from ${snapshot}`,
    );
    if (Number(sums?.wrong ?? 0) > 0)
      throw new Fault("INTERNAL", `two rows of "${request.sync}" would have one key; no key was changed`);
    const invalid = invalidTable(meta.table);
    await session.run(`update ${invalid} set key = r.key from (
        select former, min(key) as key from ${ROWS} group by former having count(*) = 1) r
      where ${invalid}.key = r.former`);
    await session.run(`update ${META} set key = ${quoteText(JSON.stringify(namedKey(request.primaryKey)))},
      generation = generation + 1, epoch = ${epoch} where sync = ${quoteText(request.sync)}`);
  });
}
