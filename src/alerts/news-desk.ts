import { amount } from "../core/count-text.ts";
import { openCallLine } from "./call-line.ts";
import { concerns } from "./choose-news.ts";
import { senderOf } from "./describe-item.ts";
import { type Lane, openLanes } from "./lanes.ts";
import type { News } from "./news.ts";
import { cleaner } from "./safe-text.ts";
import { type AlertTold, type Moment, type Teller, tellAlert } from "./tell-alert.ts";
import { type TellTools, toldFile } from "./tell-news.ts";
import { tellSuccess } from "./tell-success.ts";
import { keepTold, readTold, type ToldChange } from "./told.ts";
import { withinDeadline } from "./within-deadline.ts";

export type DeskOptions = {
  /** As it is by now: it may be read anew at any time. */
  readonly project: () => Teller;
  /** `deadlineMs` is for one alert's message, and for one call. */
  readonly tools: TellTools;
  /** How long an alert's first news waits for others. */
  readonly windowMs?: number;
  /** A line without secrets. */
  readonly onWarning: (warning: string) => void;
};

/** Tells what a long-lived service has to tell: nobody waits for it, and nothing of it throws. */
export type NewsDesk = {
  /** Keeps the news for each alert's next message, and calls `on_success` at once. */
  readonly tell: (news: readonly News[]) => void;
  /** Sends what is kept now, whatever was sent before; resolves when all is tried or the signal aborts. */
  readonly flush: (signal: AbortSignal) => Promise<void>;
  /** The same, and ends: what is on its way when the signal aborts is given up, and told afterwards is nothing. */
  readonly close: (signal: AbortSignal) => Promise<void>;
};

const WINDOW_MS = 30_000;
const CALLS_AT_ONCE = 8;
const MOST_CALLS = 10_000;

export function openNewsDesk({ project, tools, windowMs = WINDOW_MS, onWarning }: DeskOptions): NewsDesk {
  const { clock } = tools;
  const ended = new AbortController();
  const calls = openCallLine(CALLS_AT_ONCE, MOST_CALLS);
  let isClosed = false;
  let writing: Promise<void> = Promise.resolve();

  let secrets: Teller["secrets"] = [];
  const current = (): Teller => {
    const teller = project();
    secrets = teller.secrets;
    return teller;
  };
  const warn = (text: string): void => {
    try {
      onWarning(cleaner(secrets)(text));
    } catch {
      // Who cannot hear a warning has no other ear.
    }
  };
  const momentOf = (teller: Teller): Omit<Moment, "told"> => {
    const clean = cleaner(teller.secrets);
    return { sender: senderOf(teller, clean), clean, at: clock.now() };
  };
  /** One after another: each reads the file before it writes it. */
  const keep = (teller: Teller, changes: readonly ToldChange[]): Promise<void> => {
    writing = writing
      .then(() => keepTold(toldFile(teller), changes))
      .catch((error) => warn(`alerts: ${textOf(error)}`));
    return writing;
  };

  const send = async (lane: Lane): Promise<AlertTold | null> => {
    const teller = current();
    const alert = teller.alerts.get(lane.alert);
    const { news, leftOut } = lane.queue.take();
    if (alert === undefined) return null;
    const moment = { ...momentOf(teller), told: await readTold(toldFile(teller)) };
    const told = await withinDeadline(clock, tools.deadlineMs, ended.signal, async (until) => {
      const result = await tellAlert(alert, news, leftOut, moment, tools, until);
      await keep(teller, result.changes);
      return result;
    });
    if (told.left.length > 0 || told.tried === 0) lane.queue.putBack(told.left, told.reached === 0 ? leftOut : 0);
    for (const warning of told.warnings) warn(warning);
    return told;
  };
  const lanes = openLanes({ clock, windowMs, send, warn });

  const callSuccess = (news: News): void => {
    if (news.event !== "succeeded" || news.sync.onSuccess === null) return;
    const call = async (): Promise<void> => {
      try {
        const why = await withinDeadline(clock, tools.deadlineMs, ended.signal, (until) =>
          tellSuccess(news, momentOf(current()), tools, until),
        );
        if (why !== null) warn(why);
      } catch (error) {
        warn(`${news.sync.name}: on_success: ${textOf(error)}`);
      }
    };
    if (!calls.add(call)) warn(`${news.sync.name}: on_success: not called, as ${MOST_CALLS} calls wait already`);
  };
  const flush = async (signal: AbortSignal): Promise<void> => {
    await orAborted(Promise.all([lanes.sendAll(), calls.idle()]), signal);
  };
  return {
    tell: (news) => {
      if (isClosed) return;
      try {
        const alerts = [...current().alerts.values()];
        for (const one of news) {
          callSuccess(one);
          for (const alert of alerts) if (concerns(alert, one)) lanes.put(alert.name, one);
        }
        lanes.arm();
      } catch (error) {
        warn(`alerts: ${textOf(error)}`);
      }
    },
    flush,
    close: async (signal) => {
      isClosed = true;
      await flush(signal);
      const dropped = calls.drop();
      if (dropped > 0) warn(`on_success: ${amount(dropped, "call")} not made: stopped before`);
      ended.abort(new Error("the news desk is closed"));
      await lanes.close();
      await calls.idle();
      await writing;
    },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Resolves when the work is done, or when the signal aborts and the work goes on alone. */
async function orAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let end = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    end = resolve;
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
  await Promise.race([work, aborted]);
  signal.removeEventListener("abort", end);
}
