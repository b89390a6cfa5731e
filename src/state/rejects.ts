import type { Knex } from "knex";
import type { Operation, RowState } from "../contract/run.ts";
import type { KeyMove, Reject, RowNote, StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";
import { fromStored, toStored } from "./stored-text.ts";

type RejectRow = {
  sync: string;
  key: string;
  operation: Operation;
  run: string;
  code: string;
  field: string | null;
  message: string;
  hash: string | null;
  attempts: number;
  next_try_at: number | null;
};

type NoteRow = {
  seq: number;
  key: string;
  operation: Operation;
  state: RowState;
  code: string | null;
  field: string | null;
  message: string | null;
};

/** SQLite takes 500 rows an insert, and 32,766 values a statement. */
const ROWS_A_STATEMENT = 200;
const REJECTS_A_PAGE = 1_000;

export function rejectMethods(
  database: Database,
): Pick<StateStore, "rejects" | "reject" | "dropRejects" | "moveRejects" | "notes" | "noteGroups" | "noteTotals"> {
  return {
    async *rejects(sync) {
      for (let after: string | null = null; ; ) {
        const rows: RejectRow[] = await database.read((db) => rejectPage(db, sync, after));
        if (rows.length > 0) yield rows.map(rejectFrom);
        if (rows.length < REJECTS_A_PAGE) return;
        after = rows.at(-1)?.key ?? null;
      }
    },

    reject: (sync, key) =>
      database.read(async (db) => {
        const row: RejectRow | undefined = await db("reject")
          .where({ sync, key: toStored(key) })
          .first();
        return row === undefined ? null : rejectFrom(row);
      }),

    dropRejects: (lease, keys) => database.fenced(lease, (trx) => cure(trx, lease.sync, keys)),

    moveRejects: (lease, moves, setting) =>
      database.fenced(lease, async (trx) => {
        await move(trx, lease.sync, moves);
        await trx("hold").where({ sync: lease.sync }).delete();
        await trx("setting")
          .insert({ name: setting.name, value: toStored(setting.value) })
          .onConflict("name")
          .merge();
      }),

    notes: (run, { state, code, field, seq, limit, skip = 0 }) =>
      database.read(async (db) => {
        const query = db("note").where({ run }).orderBy("seq").limit(limit).offset(skip);
        if (state !== undefined) query.where({ state });
        // `where x = null` finds nothing; knex writes `is null` for a null.
        if (code !== undefined) query.where({ code: toStored(code) });
        if (field !== undefined) query.where({ field: toStored(field) });
        if (seq !== undefined) query.where({ seq });
        const rows: NoteRow[] = await query;
        return rows.map(noteFrom);
      }),

    noteTotals: (run) =>
      database.read(async (db) => {
        const rows: { operation: Operation; state: RowState; count: number }[] = await db("note")
          .select(["operation", "state"])
          .count({ count: "*" })
          .where({ run })
          .groupBy(["operation", "state"]);
        return rows.map((row) => ({ ...row, count: Number(row.count) }));
      }),

    noteGroups: (run) =>
      database.read(async (db) => {
        const counted = db("note")
          .select(["state", "code", "field"])
          .count({ count: "*" })
          .min({ first: "seq" })
          .where({ run })
          .groupBy(["state", "code", "field"]);
        const rows: (NoteRow & { count: number })[] = await db("note")
          .join(counted.as("counted"), "note.seq", "counted.first")
          .where("note.run", run)
          .select("note.*", "counted.count")
          .orderBy([{ column: "count", order: "desc" }, { column: "note.seq" }]);
        return rows.map((row) => {
          const example = noteFrom(row);
          return { state: example.state, code: example.code, field: example.field, count: Number(row.count), example };
        });
      }),
  };
}

async function rejectPage(db: Knex, sync: string, after: string | null): Promise<RejectRow[]> {
  const query = db<RejectRow>("reject").where({ sync }).orderBy("key").limit(REJECTS_A_PAGE);
  if (after !== null) query.where("key", ">", after);
  return query;
}

/** A key that is refused and cured in one transaction stays refused: call this first. */
export async function cure(trx: Knex.Transaction, sync: string, keys: readonly string[]): Promise<void> {
  for (const some of chunks(keys)) {
    await trx("reject")
      .where({ sync })
      .whereIn(
        "key",
        some.map((key) => toStored(key)),
      )
      .delete();
  }
}

async function move(trx: Knex.Transaction, sync: string, moves: readonly KeyMove[]): Promise<void> {
  const keys = new Map(moves.map(({ from, to }) => [from, to]));
  const moved: Reject[] = [];
  for (const some of chunks([...keys.keys()])) {
    const stored = some.map((key) => toStored(key));
    const rows: RejectRow[] = await trx("reject").where({ sync }).whereIn("key", stored);
    for (const reject of rows.map(rejectFrom)) moved.push({ ...reject, key: keys.get(reject.key) ?? reject.key });
  }
  await cure(trx, sync, [...keys.keys()]);
  await putRejects(trx, sync, moved);
}

/** The last of several refusals of one key wins. */
export async function putRejects(trx: Knex.Transaction, sync: string, rejects: readonly Reject[]): Promise<void> {
  const newest = [...new Map(rejects.map((reject) => [reject.key, reject])).values()];
  for (const some of chunks(newest)) {
    await trx("reject")
      .insert(
        some.map(({ nextTryAt, key, message, field, code, ...rest }) => ({
          ...rest,
          sync,
          key: toStored(key),
          message: toStored(message),
          field: toStored(field),
          code: toStored(code),
          next_try_at: nextTryAt,
        })),
      )
      .onConflict(["sync", "key"])
      .merge();
  }
}

export async function putNotes(
  trx: Knex.Transaction,
  notes: readonly { readonly run: string; readonly note: RowNote }[],
): Promise<void> {
  for (const some of chunks(notes)) {
    await trx("note")
      .insert(
        some.map(({ run, note }) => ({
          ...note,
          run,
          key: toStored(note.key),
          code: toStored(note.code),
          field: toStored(note.field),
          message: toStored(note.message),
        })),
      )
      .onConflict(["run", "seq"])
      .merge();
  }
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += ROWS_A_STATEMENT) yield items.slice(from, from + ROWS_A_STATEMENT);
}

function rejectFrom(row: RejectRow): Reject {
  return {
    key: fromStored(row.key),
    operation: row.operation,
    run: row.run,
    code: fromStored(row.code),
    field: fromStored(row.field),
    message: fromStored(row.message),
    hash: row.hash,
    attempts: Number(row.attempts),
    nextTryAt: row.next_try_at === null ? null : Number(row.next_try_at),
  };
}

function noteFrom(row: NoteRow): RowNote {
  return {
    seq: Number(row.seq),
    key: fromStored(row.key),
    operation: row.operation,
    state: row.state,
    code: fromStored(row.code),
    field: fromStored(row.field),
    message: fromStored(row.message),
  };
}
