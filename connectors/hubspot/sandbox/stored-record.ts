export type Values = Readonly<Record<string, string | null>>;

/** One record. `properties` is replaced at each write, never changed, so that the search index can keep the old one. */
export type StoredRecord = {
  readonly id: string;
  properties: Values;
  /** ms since the epoch. */
  readonly createdAt: number;
  updatedAt: number;
  archivedAt: number | null;
  /** What search sees until `indexedAtMs` (monotonic): the values as they were, null where it did not exist. */
  indexed: Values | null;
  indexedAtMs: number;
};
