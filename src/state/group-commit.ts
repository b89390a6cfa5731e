import type { Knex } from "knex";

type Work<T> = (trx: Knex.Transaction) => Promise<T>;
type Waiting = {
  readonly work: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** So long may the first of a group wait for the last. */
const MOST_A_GROUP = 100;

/**
 * Transactions that come while one is under way share the next one, in their order: with one connection they would wait for each
 * other anyway, and what costs is the commit, which waits for the disk. Each is durable once its promise resolves. Where one of a
 * group throws, nothing of the group was done, and each is tried by itself: work may be done twice and must change nothing but the
 * database.
 */
export function groupCommit(transaction: <T>(work: Work<T>) => Promise<T>): <T>(work: Work<T>) => Promise<T> {
  const waiting: Waiting[] = [];
  let isAtWork = false;

  const commit = async (group: readonly Waiting[]): Promise<void> => {
    let hasBegun = false;
    try {
      const values = await transaction(async (trx) => {
        hasBegun = true;
        const done: unknown[] = [];
        for (const { work } of group) done.push(await work(trx));
        return done;
      });
      for (const [place, { resolve }] of group.entries()) resolve(values[place]);
    } catch (error) {
      // Where none can begin, each would wait as long for the same lock, one after the other.
      if (group.length === 1 || !hasBegun) for (const { reject } of group) reject(error);
      else for (const one of group) await commit([one]);
    }
  };

  const empty = async (): Promise<void> => {
    isAtWork = true;
    while (waiting.length > 0) await commit(waiting.splice(0, MOST_A_GROUP));
    isAtWork = false;
  };

  return <T>(work: Work<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as Waiting["resolve"], reject });
      if (!isAtWork) void empty();
    });
}
