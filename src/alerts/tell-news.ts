import { join } from "node:path";
import type { Project } from "../contract/project.ts";
import { senderOf } from "./describe-item.ts";
import type { News, NewsSync } from "./news.ts";
import { cleaner } from "./safe-text.ts";
import { type Teller, tellAlert } from "./tell-alert.ts";
import { tellSuccess } from "./tell-success.ts";
import { keepTold, readTold } from "./told.ts";
import type { SendTools } from "./try-twice.ts";
import { withinDeadline } from "./within-deadline.ts";

export type { Teller } from "./tell-alert.ts";

/** `deadlineMs` is for everything that one command tells, together. */
export type TellTools = SendTools & { readonly deadlineMs: number };

/** Where the alerts of a project remember what they told. */
export const toldFile = ({ workDir }: Pick<Project, "workDir">): string => join(workDir, "alerts.json");

/**
 * Tells of a command's runs: one message an alert, one call for each `on_success`, side by side, within the deadline. Gives
 * what went wrong, a line each; never rejects: what tells of runs must not fail one.
 */
export async function tellNews(
  project: Teller,
  news: readonly News[],
  tools: TellTools,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const syncs = news.flatMap((one) => (one.event === "budget" ? [] : [one]));
  if (news.length === 0 || (project.alerts.size === 0 && !hasListener(project, syncs))) return [];
  const clean = cleaner(project.secrets);
  const warnings: string[] = [];
  try {
    await withinDeadline(tools.clock, tools.deadlineMs, signal, (until) =>
      sendAll(project, news, tools, until, warnings),
    );
  } catch (error) {
    warnings.push(`alerts: ${error instanceof Error ? error.message : String(error)}`);
  }
  return warnings.map(clean);
}

/** Whether anybody might be told, so that nothing is read or asked for nobody. */
export function hasListener(
  project: Pick<Project, "alerts">,
  news: readonly { readonly sync: Pick<NewsSync, "onSuccess"> }[],
): boolean {
  return news.length > 0 && (project.alerts.size > 0 || news.some(({ sync }) => sync.onSuccess !== null));
}

async function sendAll(
  project: Teller,
  news: readonly News[],
  tools: SendTools,
  signal: AbortSignal,
  warnings: string[],
): Promise<void> {
  const file = toldFile(project);
  const told = project.alerts.size === 0 ? [] : await readTold(file);
  const clean = cleaner(project.secrets);
  const moment = { sender: senderOf(project, clean), clean, told, at: tools.clock.now() };
  const alerts = [...project.alerts.values()].map((alert) => tellAlert(alert, news, 0, moment, tools, signal));
  const successes = news.map(async (one) => {
    const why = await tellSuccess(one, moment, tools, signal);
    if (why !== null) warnings.push(why);
  });
  const [all] = await Promise.all([Promise.all(alerts), Promise.all(successes)]);
  warnings.push(...all.flatMap((one) => one.warnings));
  await keepTold(
    file,
    all.flatMap((one) => one.changes),
  );
}
