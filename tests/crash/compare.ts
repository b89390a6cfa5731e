import type { Wanted } from "./people.ts";

export type Difference = {
  /** Rows of the model without a record. */
  readonly lost: readonly string[];
  /** Records beyond the first of a row. */
  readonly doubled: readonly string[];
  /** Records whose row left the model, or that nobody knows. */
  readonly left: readonly string[];
  /** Records that hold something else than their row. */
  readonly wrong: readonly string[];
};

/** Records of a destination, as `personText`, against what it should hold. */
export function compare(wanted: Wanted, records: readonly string[]): Difference {
  const found = new Set<string>();
  const doubled: string[] = [];
  const left: string[] = [];
  const wrong: string[] = [];
  for (const text of records) {
    const key = text.split("|", 1)[0] ?? "";
    const allowed = wanted.get(key);
    if (allowed === undefined) left.push(text);
    else if (found.has(key)) doubled.push(text);
    else if (!allowed.has(text)) wrong.push(`${text} (should be ${[...allowed].join(" or ")})`);
    found.add(key);
  }
  return { lost: [...wanted.keys()].filter((key) => !found.has(key)), doubled, left, wrong };
}

/** One line a kind, with examples; empty where nothing differs. */
export function differenceLines(difference: Difference): string[] {
  return Object.entries(difference)
    .filter(([, rows]) => rows.length > 0)
    .map(([kind, rows]) => `${rows.length} ${kind}: ${rows.slice(0, 3).join("; ")}`);
}
