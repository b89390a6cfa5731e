import type { News } from "../alerts/news.ts";
import type { Clock, Random } from "../contract/clock.ts";
import type { Doorbell } from "../contract/doorbell.ts";
import type { ServiceStore } from "../contract/service.ts";
import type { StateStore } from "../contract/state.ts";
import type { RunOptions } from "../engine/run-options.ts";
import type { FinishedRun } from "../engine/run-sync.ts";
import type { Events } from "./events.ts";
import type { LiveProject } from "./live-project.ts";

/** What was learned from a run's end, for those who count. */
export interface Meters {
  runEnded(sync: string, finished: FinishedRun): void;
  /** A scheduled start that came so many ms after its time. */
  fired(sync: string, lateMs: number): void;
  answered(route: string, method: string, status: number, seconds: number): void;
}

/** Structured lines; never a row's value, a key or a secret. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** A run that this process works on. */
export type Active = {
  readonly sync: string;
  /** null while an earlier run of the sync is finished first. */
  readonly run: string | null;
  readonly stop: AbortController;
};

/** What the parts of a service share. */
export type ServiceParts = {
  readonly live: LiveProject;
  readonly state: StateStore & ServiceStore;
  readonly bell: Doorbell;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly meters: Meters;
  readonly log: Log;
  /** Tells people of how runs ended; returns at once. */
  readonly tell: (news: News) => void;
  /** By sync: one run of a sync at a time. */
  readonly active: Map<string, Active>;
  readonly planTurn: RunOptions["planTurn"];
  readonly holder: string;
  readonly isDead: (holder: string) => boolean;
};

/** Keys of the doorbell. */
export const runKey = (sync: string): string => `run:${sync}`;
export const fireKey = (sync: string): string => `fire:${sync}`;

export function readKey(key: string): { readonly kind: "run" | "fire"; readonly sync: string } | null {
  const [kind, ...rest] = key.split(":");
  return kind === "run" || kind === "fire" ? { kind, sync: rest.join(":") } : null;
}
