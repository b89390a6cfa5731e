import type { Batch } from "./cut-batches.ts";
import type { Settled } from "./settle/settled.ts";

/** An answered batch with rows that were refused because another record holds their value. */
export type Held = { readonly batch: Batch; readonly settled: Settled[] };

/** So many rows are held back for a second try; where more conflict, it is no exchange of values but a wrong mapping. */
export const MOST_HELD = 1_000;

function isConflict(settled: Settled | undefined): boolean {
  return settled?.kind === "rejected" && settled.code === "CONFLICT";
}

export function countConflicts(batch: Batch, settled: readonly Settled[]): number {
  return batch.call === "update" ? settled.filter(isConflict).length : 0;
}

/**
 * A value that another record holds may be free once that record has its own new value: rows that exchange e-mails in a chain
 * are sent again, link by link, for as long as that frees any. (Two rows that swap stay refused: neither can go first.)
 */
export async function resolveConflicts(
  held: readonly Held[],
  size: number,
  send: (batch: Batch) => Promise<readonly Settled[]>,
  goesOn: () => boolean,
): Promise<void> {
  let open = held.flatMap(({ batch, settled }) =>
    batch.rows.flatMap((row, index) => (isConflict(settled[index]) ? [{ row, settled, index }] : [])),
  );
  for (let before = Number.POSITIVE_INFINITY; open.length > 0 && open.length < before; ) {
    before = open.length;
    for (let from = 0; from < open.length && goesOn(); from += size) {
      const some = open.slice(from, from + size);
      const again = await send({ call: "update", rows: some.map(({ row }) => row) });
      some.forEach(({ settled, index }, place) => {
        const answer = again[place];
        if (answer !== undefined) settled[index] = answer;
      });
    }
    // The other way round: a chain that was sent from its blocked end is then freed at once.
    open = open.filter(({ settled, index }) => isConflict(settled[index])).reverse();
  }
}
