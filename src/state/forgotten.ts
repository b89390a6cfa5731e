import type { Knex } from "knex";
import type { Forgotten, ForgottenRows, ForgottenTrait, StateStore, Traces } from "../contract/state.ts";
import type { Database } from "./database.ts";
import { toStored } from "./stored-text.ts";

type ForgottenRow = { sync: string | null; trait: ForgottenTrait; hash: string; salt: string; at: number };
type Members = "forgotten" | "putForgotten" | "forgetRows" | "countRows" | "compact";

/** People who must not come back. They outlive a reset of their sync: their rows may still stand in the warehouse (S27). */
export function forgottenMethods(database: Database): Pick<StateStore, Members> {
  return {
    forgotten: () =>
      database.read(async (db) => {
        const rows: ForgottenRow[] = await db("forgotten").select("*").orderBy(["at", "hash"]);
        return rows.map((row): Forgotten => ({ ...row, at: Number(row.at) }));
      }),

    putForgotten: (forgotten) =>
      database.write(async (trx) => {
        for (const { sync, trait, hash, salt, at } of forgotten) {
          const known = await trx("forgotten").where({ sync, trait, hash }).first("at");
          if (known === undefined) await trx("forgotten").insert({ sync, trait, hash, salt, at });
        }
      }),

    forgetRows: (lease, traces) => database.fenced(lease, (trx) => forget(trx, lease.sync, traces)),
    countRows: (sync, traces) => database.read((db) => count(db, sync, traces)),

    compact: () =>
      database.read(async (db) => {
        await db.raw("vacuum");
        await db.raw("pragma wal_checkpoint(truncate)");
      }),
  };
}

/** Rows that name the person, told apart from those that only have a sentence about them. */
function traced(db: Knex, sync: string, { keys, words, plans }: Traces) {
  const stored = keys.map((key) => toStored(key));
  const speaks = (column: string) => (query: Knex.QueryBuilder) => {
    query.whereRaw("false");
    for (const word of words) query.orWhereRaw("instr(lower(??), ?) > 0", [column, toStored(word)]);
  };
  const runs = db("run").select("id").where({ sync });
  return {
    refusals: () => db("reject").where({ sync }).whereIn("key", stored),
    notes: () => db("note").whereIn("run", runs).whereIn("key", stored),
    /** Sentences about others that name the person, and sentences about whole runs. */
    sentences: [
      {
        rows: () => db("reject").where({ sync }).whereNotIn("key", stored).where(speaks("message")),
        column: "message",
      },
      {
        rows: () => db("note").whereIn("run", runs).whereNotIn("key", stored).where(speaks("message")),
        column: "message",
      },
      { rows: () => db("run").where({ sync }).where(speaks("reason")), column: "reason" },
      { rows: () => db("audit").where({ sync }).where(speaks("detail")), column: "detail" },
    ],
    holds: () =>
      db("hold")
        .where({ sync })
        .whereIn("run", [...plans]),
    /** What an answer kept of a row, of runs that are over. */
    answers: () => db("batch").whereIn("run", runs).whereNotNull("acks"),
  };
}

async function count(db: Knex, sync: string, traces: Traces): Promise<ForgottenRows> {
  const of = traced(db, sync, traces);
  const size = async (query: Knex.QueryBuilder): Promise<number> => {
    const [row] = (await query.count({ rows: "*" })) as { rows: number }[];
    return Number(row?.rows ?? 0);
  };
  let sentences = 0;
  for (const { rows } of of.sentences) sentences += await size(rows());
  return {
    refusals: await size(of.refusals()),
    notes: await size(of.notes()),
    sentences,
    holds: await size(of.holds()),
  };
}

async function forget(trx: Knex.Transaction, sync: string, traces: Traces): Promise<ForgottenRows> {
  const counted = await count(trx, sync, traces);
  const of = traced(trx, sync, traces);
  await of.refusals().delete();
  await of.notes().update({ key: traces.placeholder, message: null });
  for (const { rows, column } of of.sentences) await rows().update({ [column]: "forgotten" });
  await of.holds().delete();
  await of.answers().update({ acks: null });
  return counted;
}
