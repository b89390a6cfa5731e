import type { Endpoint } from "./project.ts";

/** A call before or after a run, that starts something else and may wait for its end. */
export type Hook = {
  /** Names it where people read of it, such as "hooks.before[1]" or "dbt Cloud job 7"; shows nothing secret. */
  readonly label: string;
  /** null: something of it is missing on this machine, so that it cannot be called. */
  readonly call: HookCall | null;
};

/** Holds secrets: never printed. */
export type HookCall = {
  readonly endpoint: Endpoint;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; null: the run's own facts. */
  readonly body: string | null;
  /** null: done as soon as it was taken. */
  readonly wait: HookWait | null;
};

/** How the end of what was started is learned. */
export type HookWait = {
  /** Asked again and again; `{id}` in its path or query stands for the id that the first answer gave. */
  readonly endpoint: Endpoint;
  readonly headers: Readonly<Record<string, string>>;
  /** Where the id stands in the first answer; null where the URL has no `{id}`. */
  readonly idPath: readonly string[] | null;
  /** Where the state stands in the later ones. */
  readonly statusPath: readonly string[];
  /** States as text; any other means that it is not over. */
  readonly success: readonly string[];
  readonly failure: readonly string[];
  readonly everyMs: number;
  /** After so long it counts as failed. */
  readonly timeoutMs: number;
};

export type Hooks = { readonly before: readonly Hook[]; readonly after: readonly Hook[] };
