import { amount } from "../core/count-text.ts";
import { concerns } from "./choose-news.ts";
import { openDeskSender, textOf } from "./desk-sender.ts";
import { openLanes } from "./lanes.ts";
import type { News } from "./news.ts";
import { cleaner } from "./safe-text.ts";
import type { Teller } from "./tell-alert.ts";
import type { TellTools } from "./tell-news.ts";

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

export function openNewsDesk({ project, tools, windowMs = WINDOW_MS, onWarning }: DeskOptions): NewsDesk {
  const ended = new AbortController();
  let isClosed = false;
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
  const sender = openDeskSender({ project: current, tools, warn }, ended.signal);
  const lanes = openLanes({ clock: tools.clock, windowMs, send: sender.send, warn });
  const flush = async (signal: AbortSignal): Promise<void> => {
    await orAborted(Promise.all([lanes.sendAll(), sender.idle()]), signal);
  };
  return {
    tell: (news) => {
      if (isClosed) return;
      try {
        const alerts = [...current().alerts.values()];
        for (const one of news) {
          sender.call(one);
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
      const dropped = sender.drop();
      if (dropped > 0) warn(`on_success: ${amount(dropped, "call")} not made: stopped before`);
      ended.abort(new Error("the news desk is closed"));
      await lanes.close();
      await sender.idle();
    },
  };
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
