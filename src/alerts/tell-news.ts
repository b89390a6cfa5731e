import { join } from "node:path";
import type { Alert, Endpoint, Project } from "../contract/project.ts";
import { newRunId } from "../core/run-id.ts";
import { chooseNews } from "./choose-news.ts";
import { senderOf } from "./describe-item.ts";
import type { News } from "./news.ts";
import { cleaner } from "./safe-text.ts";
import { type SendTools, sendParcel } from "./send-parcel.ts";
import { slackBody } from "./slack-body.ts";
import { keepTold, readTold, type ToldChange } from "./told.ts";
import { alertBody, successBody } from "./webhook-body.ts";

export type Teller = Pick<Project, "alerts" | "dir" | "environment" | "workDir" | "secrets">;

/** `deadlineMs` is for everything that one command tells, together. */
export type TellTools = SendTools & { readonly deadlineMs: number };

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
  if (!hasListener(project, news)) return [];
  const warnings: string[] = [];
  const done = new AbortController();
  const end = new AbortController();
  const deadline = tools.clock.sleep(tools.deadlineMs, done.signal).then(
    () => end.abort(`it did not answer within ${tools.deadlineMs / 1000} s`),
    () => {}, // all told in time
  );
  try {
    await sendAll(project, news, tools, AbortSignal.any([end.signal, signal]), warnings);
  } catch (error) {
    warnings.push(`alerts: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    done.abort();
    await deadline;
  }
  const clean = cleaner(project.secrets);
  return warnings.map(clean);
}

/** Whether anybody might be told, so that nothing is read or asked for nobody. */
export function hasListener(project: Pick<Project, "alerts">, news: readonly { sync: News["sync"] }[]): boolean {
  return news.length > 0 && (project.alerts.size > 0 || news.some(({ sync }) => sync.onSuccess !== null));
}

async function sendAll(
  project: Teller,
  news: readonly News[],
  tools: SendTools,
  signal: AbortSignal,
  warnings: string[],
): Promise<void> {
  const file = join(project.workDir, "alerts.json");
  const told = project.alerts.size === 0 ? [] : await readTold(file);
  const sentAt = tools.clock.now();
  const clean = cleaner(project.secrets);
  const sender = senderOf(project, clean);
  const changes: ToldChange[] = [];
  const send = async (whose: string, endpoint: Endpoint, readsAnswer: boolean, write: (id: string) => string) => {
    const id = newRunId(sentAt, tools.random);
    const why = await sendParcel({ endpoint, id, body: write(id), readsAnswer }, tools, signal);
    if (why !== null) warnings.push(`${whose}: ${signal.aborted ? untold(signal) : why}`);
    return why === null;
  };
  const tellAlert = async (alert: Alert): Promise<void> => {
    const chosen = chooseNews(alert, news, told, sentAt);
    const write = (id: string): string =>
      alert.type === "slack"
        ? slackBody(sender, chosen.items, clean)
        : alertBody(alert.name, sender, chosen.items, { id, sentAt }, clean);
    const isTold =
      chosen.items.length === 0 || (await send(`alert "${alert.name}"`, alert.endpoint, alert.type === "slack", write));
    if (isTold) changes.push(...chosen.changes);
  };
  const tellSuccess = async (one: News): Promise<void> => {
    const { onSuccess, name } = one.sync;
    if (onSuccess === null || one.event !== "succeeded") return;
    await send(`${name}: on_success`, onSuccess, false, (id) => successBody(sender, one, { id, sentAt }, clean));
  };
  await Promise.all([...[...project.alerts.values()].map(tellAlert), ...news.map(tellSuccess)]);
  await keepTold(file, changes);
}

/** The deadline says so itself; anything else is somebody who stopped the command. */
function untold({ reason }: AbortSignal): string {
  return typeof reason === "string" ? reason : "stopped before it answered";
}
