/** Edits between two words: insert, delete, replace, or swap neighbours. Gives up (returns `most + 1`) beyond `most`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? most + 1;
}

const LONGEST_WORD = 100;

/** Lower case, without the separators people mix up. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_.\s]/g, "");
}

/** The candidate that was probably meant, or null where none is near: about one edit in three letters. */
export function suggest(word: string, candidates: Iterable<string>): string | null {
  if (word === "" || word.length > LONGEST_WORD) return null;
  const wanted = plain(word);
  const most = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let best: { candidate: string; edits: number } | null = null;
  for (const candidate of candidates) {
    const edits = distance(wanted, plain(candidate), most);
    if (edits <= most && (best === null || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate ?? null;
}

const MOST_LISTED = 12;

/**
 * What to say about an unknown name: `did you mean "customers"?`, else the names there are (`models: a, b`),
 * else that there are none.
 */
export function hint(word: string, candidates: Iterable<string>, plural: string): string {
  const names = [...new Set(candidates)].sort();
  const near = suggest(word, names);
  if (near !== null) return `did you mean "${near}"?`;
  if (names.length === 0) return `there are no ${plural}`;
  const listed = names.slice(0, MOST_LISTED).join(", ");
  return names.length > MOST_LISTED
    ? `${plural}: ${listed} … (${names.length - MOST_LISTED} more)`
    : `${plural}: ${listed}`;
}
