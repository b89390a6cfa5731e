import type { News } from "../alerts/news.ts";
import type { Clock, Random } from "../contract/clock.ts";
import type { Doorbell } from "../contract/doorbell.ts";
import type { Fault } from "../contract/fault.ts";
import type { RunRecord } from "../contract/run.ts";
import type { ServiceStore } from "../contract/service.ts";
import type { StateStore } from "../contract/state.ts";
import type { RunOptions } from "../engine/run-options.ts";
import type { FinishedRun } from "../engine/run-sync.ts";
import type { Events } from "./events.ts";
import type { LiveProject } from "./live-project.ts";
import type { Wait } from "./look-again.ts";
import type { Lull } from "./lull.ts";

/** What was learned from a run's end, for those who count. */
export interface Meters {
  runEnded(sync: string, finished: FinishedRun): void;
  /** A scheduled start that came so many ms after its time. */
  fired(sync: string, lateMs: number): void;
  answered(route: string, method: string, status: number, seconds: number): void;
}

/** What led to what and how long it took, for who follows one act through many services; never a row's value, a key or a secret. */
export interface Traces {
  /** Begins at once; of the headers only those of W3C Trace Context are read. */
  requestCame(method: string, headers: Readonly<Record<string, string | readonly string[] | undefined>>): RequestTrace;
  /** A run was asked for by whoever has this cause. */
  asked(run: string, cause: string | null): void;
  /** A sync's work is taken up; what becomes of it is told later. */
  workBegun(sync: string): WorkTrace;
  /** Sends what is left, for as long as the signal lets it. Never rejects. */
  close(signal: AbortSignal): Promise<void>;
}

export interface RequestTrace {
  /** A W3C traceparent; null where nobody traces. */
  readonly cause: string | null;
  /** `route`: its pattern; null: there is none. */
  answered(route: string | null, status: number): void;
}

export interface WorkTrace {
  /** Gives what the work gives. */
  planning<T>(work: () => Promise<T>): Promise<T>;
  writing(): void;
  /** One run is over, or pauses; what goes on is another's. */
  ended(finished: FinishedRun): void;
  /** It came to no run at all. */
  refused(run: RunRecord | null, fault: Fault): void;
}

const NO_REQUEST: RequestTrace = { cause: null, answered: () => undefined };
const NO_WORK: WorkTrace = {
  planning: (work) => work(),
  writing: () => undefined,
  ended: () => undefined,
  refused: () => undefined,
};

/** Where no endpoint is configured. */
export const NO_TRACES: Traces = {
  requestCame: () => NO_REQUEST,
  asked: () => undefined,
  workBegun: () => NO_WORK,
  close: async () => undefined,
};

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
  readonly traces: Traces;
  readonly log: Log;
  /** Tells people of how runs ended; returns at once. */
  readonly tell: (news: News) => void;
  /** By sync: one run of a sync at a time. */
  readonly active: Map<string, Active>;
  /** By sync: unfinished runs that could not go on yet. */
  readonly waits: Map<string, Wait>;
  /** Where a backup waits for a moment without a run. */
  readonly lull: Lull;
  readonly planTurn: RunOptions["planTurn"];
  /** At most so many questions to warehouses before starts (`when:`) at once. */
  readonly askTurn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly holder: string;
  readonly isDead: (holder: string) => boolean;
};

/** Queues of the doorbell: runs that wait or go on, and starts that schedules say. Long runs hold no start back. */
export const RUNS = "run";
export const FIRES = "fire";
export const runKey = (sync: string): string => `${RUNS}:${sync}`;
export const fireKey = (sync: string): string => `${FIRES}:${sync}`;
export const syncOfKey = (key: string): string => key.slice(key.indexOf(":") + 1);
