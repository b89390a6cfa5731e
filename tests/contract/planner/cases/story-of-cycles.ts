import fc from "fast-check";
import { expect } from "vitest";
import type { FieldValues } from "../../../../src/contract/value.ts";
import { type Case, rowsSql, type Subject } from "../subject.ts";
import { syncOn, took } from "../sync.ts";

const COLUMNS = { id: "bigint", name: "text", size: "decimal(6,2)" };
/** A model as data: row 0 … 4 present with one of few values, or absent. Few, so that things go back to what they were. */
const row = fc.option(
  fc.record({ name: fc.constantFrom("a", "b", null), size: fc.constantFrom("1.00", "2.50", null) }),
  {
    nil: null,
  },
);
const model = fc.array(row, { minLength: 5, maxLength: 5 });
/** What the destination does with each row of a plan. */
const fate = fc.constantFrom("landed", "refused", "lost_landed", "lost_not");
const story = fc.array(fc.record({ model, fates: fc.array(fate, { minLength: 5, maxLength: 5 }) }), {
  minLength: 1,
  maxLength: 4,
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

export const storyOfCycles: readonly Case[] = [
  {
    title: "after faultless runs the destination is the model, and what is repeated sends nothing (5 stories)",
    run: async (subject) => {
      await fc.assert(
        fc.asyncProperty(story, (steps) => play(subject, steps, false)),
        { numRuns: 5 },
      );
    },
  },
  {
    title: "with refused and lost answers nothing is lost, and one faultless run settles everything (10 stories)",
    run: async (subject) => {
      await fc.assert(
        fc.asyncProperty(story, (steps) => play(subject, steps, true)),
        { numRuns: 10 },
      );
    },
  },
];

/** The oracle is a map of records by id; plans are carried out on it, and at the end it must equal the last model. */
async function play(subject: Subject, steps: Story, faults: boolean): Promise<void> {
  const sync = syncOn(subject, {
    fields: { id: {}, name: {}, size: { type: "number" } },
    onRemoved: { kind: "archive" },
  });
  const records = new Map<string, Record<string, string | null>>();
  const find = ({ key }: { key: string }) =>
    records.has(`R-${key}`) ? { entry: 0, remoteId: `R-${key}`, present: records.get(`R-${key}`) ?? {} } : null;
  const cycle = async (step: Story[number], isFaulty: boolean): Promise<number> => {
    const planned = await sync.plan(sqlOf(step.model), { find });
    const answers = [];
    const lost = [];
    for (const planRow of planned.rows) {
      const fate = isFaulty && planRow.settled === null ? step.fates[Number(planRow.key)] : "landed";
      if (planRow.settled === null && (fate === "landed" || fate === "lost_landed")) carryOut(records, planRow);
      if (fate === "landed") answers.push(took(planRow));
      else if (fate !== "refused") lost.push({ fromSeq: planRow.seq, toSeq: planRow.seq });
    }
    await sync.accept(planned, answers);
    await sync.doubt(planned, lost);
    return planned.rows.length;
  };
  for (const step of steps) {
    await cycle(step, faults);
    if (!faults) expect(plain(records)).toEqual(wanted(step.model));
  }
  const last = steps.at(-1);
  if (last === undefined) return;
  if (faults) await cycle(last, false);
  // A record that a lost create left behind for a row that went is nobody's: it is not among the wanted ones.
  const ours = [...records].filter(([id]) => last.model[Number(id.slice(2))] !== null);
  expect(plain(new Map(ours))).toEqual(wanted(last.model));
  for (const [index, value] of last.model.entries()) {
    const entry = await sync.entry(`${index}`);
    if (value !== null) expect(entry).toMatchObject({ remoteId: `R-${index}`, isInDoubt: false, absentSince: null });
  }
  expect(await cycle(last, false), "a settled sync plans nothing").toBe(0);
}

function sqlOf(rows: Story[number]["model"]): string {
  return rowsSql(
    COLUMNS,
    rows.flatMap((value, index) => (value === null ? [] : [[`${index}`, value.name, value.size]])),
  );
}

function carryOut(
  records: Map<string, Record<string, string | null>>,
  row: { key: string; operation: string; remoteId: string | null; fields: FieldValues },
): void {
  const id = row.remoteId ?? `R-${row.key}`;
  if (row.operation === "archive") records.delete(id);
  // A write by id to an archived record makes it anew here: what a missing record means is delivery's affair.
  else records.set(id, { ...(records.get(id) ?? { id: row.key }), ...row.fields });
}

function plain(records: ReadonlyMap<string, Record<string, string | null>>): Record<string, unknown> {
  return Object.fromEntries(
    [...records].map(([id, fields]) => [
      id,
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)),
    ]),
  );
}

function wanted(rows: Story[number]["model"]): Record<string, unknown> {
  return plain(
    new Map(
      rows.flatMap((value, index) => (value === null ? [] : [[`R-${index}`, { id: `${index}`, ...value }] as const])),
    ),
  );
}
