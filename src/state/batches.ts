import type { Knex } from "knex";
import { Fault } from "../contract/fault.ts";
import type { BatchRecord, StateStore } from "../contract/state.ts";
import { decodeAcks, encodeAcks } from "./ack-blob.ts";
import { putAliases } from "./aliases.ts";
import type { Database } from "./database.ts";
import { cure, putNotes, putRejects } from "./rejects.ts";

type BatchRow = {
  run: string;
  from_seq: number;
  to_seq: number;
  state: "sent" | "done";
  attempt: number;
  acks: string | null;
};

/** Sequence numbers, both ends included. */
type Range = { readonly fromSeq: number; readonly toSeq: number };

const INTENTS_A_STATEMENT = 100;

export function batchMethods(
  database: Database,
): Pick<StateStore, "recordIntents" | "withdrawIntents" | "acknowledge" | "batches" | "foldAccepted"> {
  return {
    recordIntents: (lease, batches) =>
      database.fenced(lease, async (trx) => {
        for (let from = 0; from < batches.length; from += INTENTS_A_STATEMENT) {
          const rows = batches.slice(from, from + INTENTS_A_STATEMENT).map(({ run, fromSeq, toSeq }) => ({
            run,
            from_seq: fromSeq,
            to_seq: toSeq,
            state: "sent",
            attempt: 1,
            acks: null,
          }));
          await trx("batch")
            .insert(rows)
            .onConflict(["run", "from_seq"])
            .merge({
              to_seq: trx.raw("excluded.to_seq"),
              state: "sent",
              attempt: trx.raw("batch.attempt + 1"),
              acks: null,
            });
        }
      }),

    withdrawIntents: (lease, batches) =>
      database.fenced(lease, async (trx) => {
        for (const { run, fromSeq, toSeq } of batches)
          await trx("batch").where({ run, from_seq: fromSeq, to_seq: toSeq, state: "sent" }).delete();
      }),

    acknowledge: (lease, acknowledgements) =>
      database.fenced(lease, async (trx) => {
        for (const { run, fromSeq, toSeq, acks } of acknowledgements) {
          if (acks.length !== toSeq - fromSeq + 1) {
            throw new Fault("INTERNAL", `run ${run}: ${acks.length} acknowledgements for rows ${fromSeq} to ${toSeq}`);
          }
          const changed = await trx("batch")
            .where({ run, from_seq: fromSeq, to_seq: toSeq })
            .update({ state: "done", acks: encodeAcks(acks) });
          if (changed === 0) {
            throw new Fault("INTERNAL", `run ${run}: rows ${fromSeq} to ${toSeq} were sent without a recorded intent`);
          }
        }
        await putNotes(
          trx,
          acknowledgements.flatMap(({ run, notes }) => notes.map((note) => ({ run, note }))),
        );
        await cure(
          trx,
          lease.sync,
          acknowledgements.flatMap(({ cured }) => cured),
        );
        await putRejects(
          trx,
          lease.sync,
          acknowledgements.flatMap(({ rejects }) => rejects),
        );
        await putAliases(
          trx,
          acknowledgements.flatMap(({ aliases }) => aliases),
        );
      }),

    batches: (run) =>
      database.read(async (db) => {
        const rows: BatchRow[] = await db("batch").where({ run }).orderBy("from_seq");
        return rows.map(fromRow);
      }),

    foldAccepted: (lease, run, batches) =>
      database.fenced(lease, async (trx) => {
        const folded: BatchRow[] = await trx("batch").where({ run, state: "done" }).whereNull("acks");
        const known = folded.map((row) => ({ fromSeq: Number(row.from_seq), toSeq: Number(row.to_seq) }));
        const fresh = batches.filter((batch) => !known.some((range) => covers(range, batch)));
        for (const range of merged([...known, ...fresh])) await fold(trx, run, range, [...known, ...fresh]);
      }),
  };
}

/** Replaces the pieces of a range by one row; all of them must have been acknowledged. */
async function fold(trx: Knex.Transaction, run: string, range: Range, pieces: readonly Range[]): Promise<void> {
  const expected = pieces.filter((piece) => covers(range, piece)).length;
  const inRange = () =>
    trx("batch")
      .where({ run, state: "done" })
      .where("from_seq", ">=", range.fromSeq)
      .where("from_seq", "<=", range.toSeq);
  const attempts: { most: number | null }[] = await inRange().max({ most: "attempt" });
  const removed = await inRange().delete();
  if (removed !== expected) {
    throw new Fault(
      "INTERNAL",
      `run ${run}: rows ${range.fromSeq} to ${range.toSeq} were accepted before their answer`,
    );
  }
  await trx("batch").insert({
    run,
    from_seq: range.fromSeq,
    to_seq: range.toSeq,
    state: "done",
    attempt: attempts[0]?.most ?? 1,
    acks: null,
  });
}

/** Neighbours joined: 0–9 and 10–19 are 0–19. */
function merged(ranges: readonly Range[]): Range[] {
  const joined: { fromSeq: number; toSeq: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.fromSeq - b.fromSeq)) {
    const last = joined.at(-1);
    if (last !== undefined && last.toSeq + 1 === range.fromSeq) last.toSeq = range.toSeq;
    else joined.push({ ...range });
  }
  return joined;
}

function covers(range: Range, batch: Range): boolean {
  return range.fromSeq <= batch.fromSeq && batch.toSeq <= range.toSeq;
}

function fromRow(row: BatchRow): BatchRecord {
  return {
    run: row.run,
    fromSeq: Number(row.from_seq),
    toSeq: Number(row.to_seq),
    state: row.state,
    attempt: Number(row.attempt),
    acks: row.acks === null ? null : decodeAcks(row.acks),
  };
}
