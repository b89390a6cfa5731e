import { eventOfFault, type News, type RunNews } from "../alerts/news.ts";
import { newsOfEnd } from "../alerts/news-of-end.ts";
import { resolveHost } from "../alerts/resolve-host.ts";
import { hasListener, tellNews } from "../alerts/tell-news.ts";
import type { Project, Sync } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { asFault } from "../core/as-fault.ts";
import type { CommandContext } from "./command-context.ts";
import type { Ended } from "./run.ts";

const DEADLINE_MS = 10_000;
/** Who stopped the command waits for it to end. */
const STOPPED_DEADLINE_MS = 3_000;

type Context = Pick<CommandContext<object>, "services" | "output" | "signal">;

/** What there is to tell of these ends. Asks the state, so before it closes; one that does not answer fails no run here. */
export async function newsOf(
  { output }: Context,
  project: Project,
  state: StateStore | null,
  ended: readonly Ended[],
): Promise<readonly RunNews[]> {
  if (!hasListener(project, ended)) return [];
  const news: RunNews[] = [];
  for (const one of ended) {
    try {
      news.push(...(await newsOfEnd(state, { ...one, run: one.finished?.run ?? null })));
    } catch (error) {
      output.note(`warning: alerts: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return news;
}

/** Tells it, after the command's work: the runs are over and their leases are given back. */
export async function sendNews({ services, output, signal }: Context, project: Project, news: readonly News[]) {
  const { clock, random } = services;
  const tools = { clock, random, resolveHost, deadlineMs: signal.aborted ? STOPPED_DEADLINE_MS : DEADLINE_MS };
  const until = signal.aborted ? new AbortController().signal : signal;
  for (const warning of await tellNews(project, news, tools, until)) output.note(`warning: ${warning}`);
}

/** Tells of all syncs of a command that came to none of them, and throws what stopped it. */
export async function sendUnopened(
  context: Context,
  project: Project,
  syncs: readonly Sync[],
  error: unknown,
): Promise<never> {
  const fault = asFault(error);
  const event = eventOfFault(fault);
  if (event !== null)
    await sendNews(
      context,
      project,
      syncs.map((sync): RunNews => ({ sync, event, run: null, fault, wasBad: false })),
    );
  throw error;
}
