import { openCallLine } from "./call-line.ts";
import { senderOf } from "./describe-item.ts";
import type { Lane } from "./lanes.ts";
import type { News } from "./news.ts";
import { cleaner } from "./safe-text.ts";
import { type AlertTold, type Moment, type Teller, tellAlert } from "./tell-alert.ts";
import { type TellTools, toldFile } from "./tell-news.ts";
import { tellSuccess } from "./tell-success.ts";
import { keepTold, readTold, type ToldChange } from "./told.ts";
import { withinDeadline } from "./within-deadline.ts";

/** What goes out of the news desk. */
export type DeskSender = {
  /** Takes what is in the lane's queue, and puts back what did not get across; null: the alert is no more. */
  readonly send: (lane: Lane) => Promise<AlertTold | null>;
  /** Calls the sync's `on_success` in the background, where it has one and succeeded. */
  readonly call: (news: News) => void;
  /** Resolves once no call is left. */
  readonly idle: () => Promise<void>;
  /** Forgets the calls that were not begun; gives their number. */
  readonly drop: () => number;
};

export type DeskSenderOptions = {
  readonly project: () => Teller;
  readonly tools: TellTools;
  /** Takes the secrets out of a line. */
  readonly warn: (text: string) => void;
};

const CALLS_AT_ONCE = 8;
const MOST_CALLS = 10_000;

/** `signal` gives up whatever is on its way. */
export function openDeskSender({ project, tools, warn }: DeskSenderOptions, signal: AbortSignal): DeskSender {
  const { clock } = tools;
  const calls = openCallLine(CALLS_AT_ONCE, MOST_CALLS);
  let writing: Promise<void> = Promise.resolve();
  /** One after another: each reads the file before it writes it. */
  const keep = (teller: Teller, changes: readonly ToldChange[]): Promise<void> => {
    writing = writing
      .then(() => keepTold(toldFile(teller), changes))
      .catch((error) => warn(`alerts: ${textOf(error)}`));
    return writing;
  };
  const momentOf = (teller: Teller): Omit<Moment, "told"> => {
    const clean = cleaner(teller.secrets);
    return { sender: senderOf(teller, clean), clean, at: clock.now() };
  };
  const callNow = async (news: News, name: string): Promise<void> => {
    try {
      const why = await withinDeadline(clock, tools.deadlineMs, signal, (until) =>
        tellSuccess(news, momentOf(project()), tools, until),
      );
      if (why !== null) warn(why);
    } catch (error) {
      warn(`${name}: on_success: ${textOf(error)}`);
    }
  };
  return {
    send: async ({ alert: name, queue }) => {
      const teller = project();
      const alert = teller.alerts.get(name);
      const { news, leftOut } = queue.take();
      if (alert === undefined) return null;
      const moment = { ...momentOf(teller), told: await readTold(toldFile(teller)) };
      const told = await withinDeadline(clock, tools.deadlineMs, signal, async (until) => {
        const result = await tellAlert(alert, news, leftOut, moment, tools, until);
        await keep(teller, result.changes);
        return result;
      });
      if (told.left.length > 0 || told.tried === 0) queue.putBack(told.left, told.reached === 0 ? leftOut : 0);
      for (const warning of told.warnings) warn(warning);
      return told;
    },
    call: (news) => {
      if (news.event !== "succeeded" || news.sync.onSuccess === null) return;
      const { name } = news.sync;
      if (!calls.add(() => callNow(news, name)))
        warn(`${name}: on_success: not called, as ${MOST_CALLS} calls wait already`);
    },
    idle: calls.idle,
    drop: calls.drop,
  };
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
