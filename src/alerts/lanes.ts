import type { Clock } from "../contract/clock.ts";
import { amount } from "../core/count-text.ts";
import type { News } from "./news.ts";
import { type NewsQueue, openNewsQueue } from "./news-queue.ts";
import type { AlertTold } from "./tell-alert.ts";

/** What one alert has to tell, and when it may. Times are of the clock that never jumps. */
export type Lane = {
  readonly alert: string;
  readonly queue: NewsQueue;
  /** When the first of what waits came; null: nothing waits. */
  since: number | null;
  /** After a failure: not before. */
  notBefore: number;
  failures: number;
  /** When its last messages went out, oldest first. */
  sent: number[];
  busy: Promise<void> | null;
};

export type Lanes = {
  /** `arm` afterwards. */
  readonly put: (alert: string, news: News) => void;
  readonly arm: () => void;
  /** Sends all that waits now, beyond every limit; each alert once. Never rejects. */
  readonly sendAll: () => Promise<void>;
  /** No more; waits for what is on its way. */
  readonly close: () => Promise<void>;
};

export type LaneOptions = {
  readonly clock: Clock;
  readonly windowMs: number;
  /** Takes what is in the lane's queue, and puts back what did not get across; null: the alert is no more. */
  readonly send: (lane: Lane) => Promise<AlertTold | null>;
  readonly warn: (text: string) => void;
};

const MOST_NEWS = 500;
const MOST_AN_HOUR = 12;
const HOUR_MS = 3_600_000;
/** After so many failures what waits is given up. */
const PAUSES_MS = [60_000, 300_000, 900_000, 3_600_000] as const;

/**
 * One lane an alert. Its first news opens a window; when that ends, all that came goes out in one message, twelve an hour at most:
 * what comes beyond waits, and so does what did not get across.
 */
export function openLanes({ clock, windowMs, send, warn }: LaneOptions): Lanes {
  const lanes = new Map<string, Lane>();
  let timer: { readonly at: number; readonly stop: AbortController } | null = null;
  let isClosed = false;

  const sendNow = (lane: Lane): Promise<void> => {
    const work = sendLane(lane, clock, send, warn).finally(() => {
      lane.busy = null;
      arm();
    });
    lane.busy = work;
    return work;
  };
  const round = (): void => {
    timer = null;
    const now = clock.monotonicMs();
    for (const lane of lanes.values()) {
      const due = lane.busy === null ? dueOf(lane, windowMs, now) : null;
      if (due !== null && due <= now) void sendNow(lane);
    }
    arm();
  };
  const arm = (): void => {
    if (isClosed) return;
    const now = clock.monotonicMs();
    const dues = [...lanes.values()].flatMap((lane) => (lane.busy === null ? (dueOf(lane, windowMs, now) ?? []) : []));
    const at = dues.length === 0 ? null : Math.min(...dues);
    if (at === (timer?.at ?? null)) return;
    timer?.stop.abort();
    timer = null;
    if (at === null) return;
    const stop = new AbortController();
    timer = { at, stop };
    clock.sleep(Math.max(0, at - now), stop.signal).then(round, () => {});
  };
  return {
    put: (alert, news) => {
      const lane = lanes.get(alert) ?? newLane(alert);
      lanes.set(alert, lane);
      lane.queue.push(news);
      lane.since ??= clock.monotonicMs();
    },
    arm,
    sendAll: async () => {
      await Promise.all(
        [...lanes.values()].map(async (lane) => {
          await lane.busy;
          if (!lane.queue.isEmpty) await sendNow(lane);
        }),
      );
    },
    close: async () => {
      isClosed = true;
      timer?.stop.abort();
      await Promise.all([...lanes.values()].map((lane) => lane.busy));
      for (const lane of lanes.values()) sayUntold(lane, warn);
    },
  };
}

function newLane(alert: string): Lane {
  const queue = openNewsQueue(MOST_NEWS);
  return { alert, queue, since: null, notBefore: 0, failures: 0, sent: [], busy: null };
}

function dueOf({ since, notBefore, sent }: Lane, windowMs: number, now: number): number | null {
  if (since === null) return null;
  const recent = sent.filter((at) => now - at < HOUR_MS);
  const [oldest = 0] = recent.slice(-MOST_AN_HOUR);
  return Math.max(since + windowMs, notBefore, recent.length < MOST_AN_HOUR ? 0 : oldest + HOUR_MS);
}

async function sendLane(
  lane: Lane,
  clock: Clock,
  send: LaneOptions["send"],
  warn: (text: string) => void,
): Promise<void> {
  lane.since = null;
  try {
    const told = await send(lane);
    const now = clock.monotonicMs();
    if (told !== null && told.tried > 0) lane.sent = [...lane.sent, now].slice(-MOST_AN_HOUR);
    if (told === null || told.left.length === 0) {
      lane.failures = 0;
      lane.notBefore = 0;
      return;
    }
    const pause = PAUSES_MS[lane.failures];
    lane.failures += 1;
    lane.since ??= now;
    if (pause !== undefined) lane.notBefore = now + pause;
    else giveUp(lane, warn);
  } catch (error) {
    warn(`alert "${lane.alert}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

function sayUntold({ alert, queue }: Lane, warn: (text: string) => void): void {
  const untold = queue.take().news.filter(({ event }) => event !== "succeeded").length;
  if (untold > 0) warn(`alert "${alert}": ${untold} news untold: stopped before`);
}

function giveUp(lane: Lane, warn: (text: string) => void): void {
  const { news } = lane.queue.take();
  const lost = news.filter(({ event }) => event !== "succeeded").length;
  warn(`alert "${lane.alert}": ${amount(lost, "item")} given up after ${lane.failures} tries`);
  lane.since = null;
  lane.failures = 0;
  lane.notBefore = 0;
}
