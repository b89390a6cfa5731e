/** What kind of destination a seed has. */
import type { Abilities } from "../../../src/contract/destination.ts";
import type { Chance } from "../world/chance.ts";

export type Traits = {
  /** `ext` is unique at the vendor: it upserts by it without ever making a second record. */
  readonly extIsUnique: boolean;
  readonly emailIsUnique: boolean;
  /** A merged record's id: answers as the survivor, or is missing. */
  readonly mergedAnswers: boolean;
  /** Says of an upsert whether it made the record. */
  readonly saysCreated: boolean;
  /** A batch with one bad row is refused whole, and no row is named. */
  readonly refusesWhole: boolean;
  /** Keeps `city` in lower case, and says so. */
  readonly altersCity: boolean;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly findSize: number;
  readonly limit: { readonly max: number; readonly intervalMs: number };
};

export function drawTraits(chance: Chance): Traits {
  const extIsUnique = chance.hits(0.55);
  return {
    extIsUnique,
    emailIsUnique: chance.hits(0.5),
    mergedAnswers: chance.hits(0.5),
    saysCreated: chance.hits(0.7),
    refusesWhole: chance.hits(0.4),
    altersCity: chance.hits(0.4),
    batchSize: chance.int(1, 5),
    concurrency: chance.int(1, 3),
    findSize: chance.int(2, 6),
    limit: chance.pick([
      { max: 6, intervalMs: 1_000 },
      { max: 10, intervalMs: 10_000 },
      { max: 100, intervalMs: 10_000 },
    ]),
  };
}

export function abilitiesOf(traits: Traits): Abilities {
  return {
    operations: ["upsert", "create", "update", "archive", "delete"],
    batchSize: traits.batchSize,
    findSize: traits.findSize,
    searchSize: () => traits.findSize,
    findBytes: 10_000,
    upsertIsAtomic: traits.extIsUnique,
    concurrency: traits.concurrency,
    firstWindow: traits.limit,
    searchWindow: null,
  };
}
