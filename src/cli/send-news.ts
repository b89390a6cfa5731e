import { eventOf, eventOfFault, type News, type RunNews } from "../alerts/news.ts";
import { resolveHost } from "../alerts/resolve-host.ts";
import { hasListener, tellNews } from "../alerts/tell-news.ts";
import type { Project, Sync } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
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
      news.push(...(await newsOfOne(state, one)));
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

async function newsOfOne(state: StateStore | null, { sync, finished, fault, earlier }: Ended): Promise<RunNews[]> {
  if (finished === null) {
    const event = fault === null ? null : eventOfFault(fault);
    return event === null ? [] : [{ sync, event, run: null, fault, wasBad: false }];
  }
  const { run } = finished;
  const event = eventOf(run);
  if (event === null) return [];
  if (event !== "succeeded") return [{ sync, event, run, fault, wasBad: false }];
  // What an earlier run refused, once it was taken up again, is no news to this one and would go untold.
  const broken = earlier.findLast((one) => one.state === "partial");
  if (broken === undefined) return [{ sync, event, run, fault: null, wasBad: await endedBadly(state, run, earlier) }];
  return [
    { sync: { ...sync, onSuccess: null }, event: "partial", run: broken, fault: null, wasBad: false },
    { sync: { ...sync, alerts: [] }, event, run, fault: null, wasBad: false },
  ];
}

/** Whether the last run that ended before this command was one that is told of. */
async function endedBadly(
  state: StateStore | null,
  { id, sync }: RunRecord,
  earlier: readonly RunRecord[],
): Promise<boolean> {
  const now = new Set([id, ...earlier.map((run) => run.id)]);
  const states = ["succeeded", "partial", "failed", "blocked"] as const;
  const before = (await state?.runs({ sync, states, limit: now.size + 1 })) ?? [];
  const last = before.find((run) => !now.has(run.id));
  const event = last === undefined ? null : eventOf(last);
  return event !== null && event !== "succeeded";
}
