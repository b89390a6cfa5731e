/** Which sync, and in which object of which account. */
export type Place = { readonly sync: string; readonly account: string; readonly object: string };

/**
 * Runs of several syncs at work in one object at the same time. The snapshots know of a record once its row is accepted, which is a
 * while after it was found or met: until then runs tell each other here, so that none removes a record to which a row of another
 * sync is on its way (S10).
 */
export interface Underway {
  /** A run begins; it says where once it knows. */
  enter(): Stay;
}

/** One run, from before it looks for its first record until its last row is accepted. */
export interface Stay {
  at(place: Place): void;
  /** Records that the plan in the making found for its rows. */
  found(remoteIds: readonly string[]): void;
  /** The plan is committed: from here on it is asked which of these records its rows are on their way to. */
  delivers(aims: (remoteIds: readonly string[]) => Promise<readonly string[]>): void;
  /** To be said before anybody is asked who holds them; then the caller says which of them it spares after all. */
  removes(remoteIds: readonly string[]): (spared: readonly string[]) => void;
  /** Record id → another sync that is on its way to it. */
  comers(remoteIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Which of them another sync has removed, or set about it, since this run began. Waits for who is about to decide; once the
   * signal aborts, what is undecided counts as removed.
   */
  removed(remoteIds: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
  leave(): void;
}

/** Beyond so many records found, a plan in the making counts as on its way to every record: others remove theirs in a later run. */
const MOST_FOUND = 50_000;
/** Of so many removals those who are at work beside them are told; the oldest are forgotten first. */
const MOST_REMOVED = 200_000;

type Guest = {
  place: Place | null;
  /** Number of the last removal before it began. */
  readonly since: number;
  readonly found: Set<string>;
  aims: ((remoteIds: readonly string[]) => Promise<readonly string[]>) | null;
};
type Removal = { readonly sync: string; readonly number: number; readonly decided: Promise<void> };

const NONE: ReadonlySet<string> = new Set();

export function openUnderway(): Underway {
  const guests = new Set<Guest>();
  /** By object of an account, then by record; the newest last. Kept while anybody is at work there who began before. */
  const removals = new Map<string, Map<string, Removal>>();
  let removed = 0;
  const enter = (): Stay => {
    const guest: Guest = { place: null, since: removed, found: new Set(), aims: null };
    guests.add(guest);
    const others = (): Guest[] => [...guests].filter((other) => other !== guest && isNeighbour(other, guest));
    const removedHere = (): Map<string, Removal> | undefined =>
      guest.place === null ? undefined : removals.get(objectOf(guest.place));
    return {
      at: (place) => {
        guest.place = place;
      },
      found: (remoteIds) => {
        if (guest.found.size <= MOST_FOUND) for (const id of remoteIds) guest.found.add(id);
      },
      delivers: (aims) => {
        guest.aims = aims;
        guest.found.clear();
      },
      removes: (remoteIds) => {
        if (guest.place === null) return () => undefined;
        const { sync } = guest.place;
        const here = removedHere() ?? new Map<string, Removal>();
        removals.set(objectOf(guest.place), here);
        let decide = (): void => undefined;
        const decided = new Promise<void>((resolve) => {
          decide = resolve;
        });
        for (const id of remoteIds) {
          // The newest stand last.
          here.delete(id);
          here.set(id, { sync, number: ++removed, decided });
        }
        for (const id of here.keys()) {
          if (here.size <= MOST_REMOVED) break;
          here.delete(id);
        }
        return (spared) => {
          for (const id of spared) if (here.get(id)?.decided === decided) here.delete(id);
          decide();
        };
      },
      comers: async (remoteIds) => {
        const comers = new Map<string, string>();
        for (const other of others())
          for (const id of await aimsOf(other, remoteIds)) if (other.place !== null) comers.set(id, other.place.sync);
        return comers;
      },
      removed: async (remoteIds, signal) => {
        const here = removedHere();
        if (here === undefined) return NONE;
        const isOthers = (id: string): boolean => {
          const removal = here.get(id);
          return removal !== undefined && removal.sync !== guest.place?.sync && removal.number > guest.since;
        };
        const marked = remoteIds.filter(isOthers);
        if (marked.length === 0) return NONE;
        await Promise.race([Promise.all(marked.map((id) => here.get(id)?.decided)), aborted(signal)]);
        return new Set(marked.filter(isOthers));
      },
      leave: () => {
        guests.delete(guest);
        forget(removals, [...guests]);
      },
    };
  };
  return { enter };
}

/** What was removed before whoever is at work there began is nobody's concern any more. */
function forget(removals: Map<string, Map<string, Removal>>, guests: readonly Guest[]): void {
  for (const [object, here] of removals) {
    const present = guests.filter(({ place }) => place === null || objectOf(place) === object);
    const oldest = Math.min(...present.map(({ since }) => since));
    for (const [id, { number }] of here) {
      if (number > oldest) break;
      here.delete(id);
    }
    if (here.size === 0) removals.delete(object);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function aimsOf({ aims, found }: Guest, remoteIds: readonly string[]): Promise<readonly string[]> {
  if (aims !== null) return aims(remoteIds);
  return found.size > MOST_FOUND ? remoteIds : remoteIds.filter((id) => found.has(id));
}

function isNeighbour({ place }: Guest, { place: own }: Guest): boolean {
  return place !== null && own !== null && place.sync !== own.sync && objectOf(place) === objectOf(own);
}

function objectOf({ account, object }: Place): string {
  return JSON.stringify([account, object]);
}
