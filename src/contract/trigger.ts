/** How a trigger's sender signs: `hmac` as Sluice says, `dbt_cloud` as dbt Cloud's job webhooks do. */
export const TRIGGER_TYPES = ["hmac", "dbt_cloud"] as const;
export type TriggerType = (typeof TRIGGER_TYPES)[number];

/** A signed call from outside that starts runs. Holds secrets: never printed. */
export type Trigger = {
  readonly name: string;
  readonly type: TriggerType;
  /** Any of them signs, so that one can be changed for another. Never empty. */
  readonly secrets: readonly string[];
  /** Names of the syncs that it starts, sorted; each once. */
  readonly syncs: readonly string[];
  /** Ids of dbt Cloud's jobs whose success counts; null: every job's. */
  readonly jobs: readonly string[] | null;
};
