/** What the state twin tells of a run's notes. */
import type { RowNote, StateStore } from "../../../src/contract/state.ts";

type Notes = ReadonlyMap<number, RowNote> | undefined;
type Groups = Awaited<ReturnType<StateStore["noteGroups"]>>;
type Totals = Awaited<ReturnType<StateStore["noteTotals"]>>;

export function notesInOrder(notes: Notes): RowNote[] {
  return [...(notes?.values() ?? [])].sort((a, b) => a.seq - b.seq);
}

export function totalNotes(notes: Notes): Totals {
  const totals = new Map<string, { operation: RowNote["operation"]; state: RowNote["state"]; count: number }>();
  for (const { operation, state } of notesInOrder(notes)) {
    const total = totals.get(`${operation} ${state}`) ?? { operation, state, count: 0 };
    total.count++;
    totals.set(`${operation} ${state}`, total);
  }
  return [...totals.values()];
}

export function groupNotes(notes: Notes): Groups {
  const groups = new Map<string, { count: number; example: RowNote }>();
  for (const note of notesInOrder(notes)) {
    const name = JSON.stringify([note.state, note.code, note.field]);
    const group = groups.get(name) ?? { count: 0, example: note };
    group.count++;
    groups.set(name, group);
  }
  return [...groups.values()]
    .sort((a, b) => b.count - a.count || a.example.seq - b.example.seq)
    .map(({ count, example: { state, code, field }, example }) => ({ state, code, field, count, example }));
}
