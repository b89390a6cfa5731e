/** Something that happened in the service, for those who listen. Never a row's value or key. */
export type ServiceEvent = {
  /** Grows by one; a listener that comes back says the last that it saw. */
  readonly id: number;
  readonly atMs: number;
  readonly kind: EventKind;
  /** null: about the whole service. */
  readonly sync: string | null;
  readonly run: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
};

export const EVENT_KINDS = [
  "run.queued",
  "run.begun",
  "run.progress",
  "run.ended",
  "run.paused",
  "run.waiting",
  "hook.begun",
  "hook.ended",
  "schedule.passed",
  "schedule.missed",
  "sync.paused",
  "sync.resumed",
  "config.loaded",
  "config.refused",
  "service.stopping",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export type NewEvent = Omit<ServiceEvent, "id" | "atMs">;

export interface Events {
  tell(event: NewEvent): void;
  /** Calls at once with what was told after event `afterId` and is still kept, then with everything new. Gives the way out. */
  listen(afterId: number | null, onEvent: (event: ServiceEvent) => void): () => void;
}

/** So many of the newest events are kept for listeners that lost their connection. */
const KEPT = 1_000;

export function openEvents(now: () => number): Events {
  const kept: ServiceEvent[] = [];
  const listeners = new Set<(event: ServiceEvent) => void>();
  // Ids of a service that was started again must not look like old ones.
  let lastId = now();
  return {
    tell: (event) => {
      const told: ServiceEvent = { ...event, id: ++lastId, atMs: now() };
      kept.push(told);
      if (kept.length > KEPT) kept.shift();
      for (const listener of listeners) listener(told);
    },
    listen: (afterId, onEvent) => {
      if (afterId !== null) for (const event of kept) if (event.id > afterId) onEvent(event);
      listeners.add(onEvent);
      return () => listeners.delete(onEvent);
    },
  };
}
