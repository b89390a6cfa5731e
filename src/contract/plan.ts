import type { Change, Operation, Origin } from "./run.ts";
import type { FieldValues } from "./value.ts";

/** Rows that need no call: nothing to do, another row or sync has the record, or a guard keeps them for an approval. */
export type SettledAtPlanning = "skipped" | "transferred" | "held";

/** One line of the immutable plan file. */
export type PlanRow = {
  /** Dense from 0. */
  readonly seq: number;
  readonly operation: Operation;
  readonly change: Change;
  /** Canonical text of the primary key (core/key.ts). */
  readonly key: string;
  /** The row's hash at planning, decimal text of 64 bits; null for a removal. */
  readonly hash: string | null;
  /** Set where the row's record is known: the write goes by id. */
  readonly remoteId: string | null;
  readonly origin: Origin | null;
  /** True where this plan found the record: it becomes linked when the write is accepted. */
  readonly adopted: boolean;
  /** Per match entry its canonical values, null where one is missing. New records are made by the first. */
  readonly match: readonly (Readonly<Record<string, string>> | null)[];
  /** What is sent: null clears. Empty where nothing needs to be sent. */
  readonly fields: FieldValues;
  /** Present or last acknowledged values of `fields`, where known. */
  readonly before: FieldValues;
  /** The whole mapped row, for a record that has to be written anew. */
  readonly payload: FieldValues;
  /** Decided at planning, nothing is sent, with its reason. */
  readonly settled: SettledAtPlanning | null;
  readonly reason: string | null;
  /** True where the key stands in the snapshot. */
  readonly isKnown: boolean;
  /** Times this row was refused before. */
  readonly attempts: number;
};
