import type { Random } from "../../src/contract/clock.ts";

export type Person = {
  readonly id: number;
  readonly email: string;
  readonly first: string;
  readonly last: string;
  readonly city: string | null;
};

/** What a destination should hold: by key, the texts of {@link personText} of which the record is one. */
export type Wanted = ReadonlyMap<string, ReadonlySet<string>>;

export type Story = {
  /** Of a vendor that is written by `insert`, later changes of a row are not sent. */
  readonly write: "upsert" | "insert";
  /** Whether a person's e-mail may change: not where it is the match value. */
  readonly emailsChange: boolean;
};

// Few values, so that rows come back to what they were.
const CITIES = ["Oslo", "Bergen", "Tromsø", null];
const FIRST_NAMES = ["Ada", "Łukasz", 'Zoë "Z"'];

export const keyOf = ({ id }: Person): string => `P${id}`;

export function personText(person: Person): string {
  return [keyOf(person), person.email, person.first, person.last, person.city ?? ""].join("|");
}

/** People who come, change, leave and come back; knows what the destination should hold of them. */
export function peopleStory(story: Story, random: Random) {
  let people = new Map<string, Person>();
  const gone = new Map<string, Person>();
  const wanted = new Map<string, Set<string>>();
  const arrived = new Set<string>();
  let nextId = 1;

  const chance = (share: number): boolean => random() < share;
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const changed = (person: Person): Person => ({
    ...person,
    first: one(FIRST_NAMES),
    city: one(CITIES),
    email: story.emailsChange && chance(0.1) ? `p${person.id}.${one([1, 2, 3])}@example.com` : person.email,
  });
  const want = (person: Person): void => {
    const key = keyOf(person);
    const texts = wanted.get(key);
    // Which of a row's states met the destination first is not known before its record is seen.
    if (story.write === "insert" && texts !== undefined) texts.add(personText(person));
    else wanted.set(key, new Set([personText(person)]));
  };
  const put = (person: Person): void => {
    people.set(keyOf(person), person);
    // A row that was inserted is not touched again.
    if (!arrived.has(keyOf(person))) want(person);
  };
  const newcomer = (): Person => {
    const id = nextId++;
    return { id, email: `p${id}@example.com`, first: one(FIRST_NAMES), last: `Last ${id}`, city: one(CITIES) };
  };

  return {
    people: (): readonly Person[] => [...people.values()],
    grow(count: number): void {
      for (let index = 0; index < count; index++) put(newcomer());
    },
    /** Shares of all rows: some change, some leave, as many come or come back. */
    goOn(share: { changes: number; leaves: number }): void {
      const before = [...people.values()];
      const returning = [...gone.values()].filter(() => chance(0.3));
      for (const person of before) {
        if (chance(share.leaves)) {
          people.delete(keyOf(person));
          gone.set(keyOf(person), person);
          arrived.delete(keyOf(person));
        } else if (chance(share.changes)) put(changed(person));
      }
      for (const person of returning) {
        gone.delete(keyOf(person));
        put(chance(0.5) ? person : changed(person));
      }
      while (people.size < before.length) put(newcomer());
    },
    wanted(): Wanted {
      return new Map([...people.keys()].map((key) => [key, wanted.get(key) ?? new Set<string>()]));
    },
    /** The destination was seen to hold exactly this, and every row of the model with it. */
    settled(texts: readonly string[]): void {
      wanted.clear();
      arrived.clear();
      for (const text of texts) {
        const key = text.split("|", 1)[0] ?? "";
        wanted.set(key, new Set([text]));
        if (story.write === "insert") arrived.add(key);
      }
    },
    /** Ends what was, but for the numbers of people: nobody comes twice into two lives. */
    startOver(): void {
      people = new Map();
      for (const known of [gone, wanted, arrived]) known.clear();
    },
  };
}

export type PeopleStory = ReturnType<typeof peopleStory>;
