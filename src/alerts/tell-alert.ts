import type { Alert, Mailbox, Project } from "../contract/project.ts";
import { readMailbox } from "../core/mailbox.ts";
import { newRunId } from "../core/run-id.ts";
import type { Bundle } from "./bundle.ts";
import { type Choice, chooseNews, isForSync } from "./choose-news.ts";
import type { Sender } from "./describe-item.ts";
import { mailText } from "./mail-text.ts";
import { type News, syncsOf } from "./news.ts";
import type { Posted } from "./post-message.ts";
import type { Clean } from "./safe-text.ts";
import { sendMail } from "./send-mail.ts";
import { sendParcel } from "./send-parcel.ts";
import { slackBody } from "./slack-body.ts";
import type { Told, ToldChange } from "./told.ts";
import type { SendTools } from "./try-twice.ts";
import { alertBody } from "./webhook-body.ts";

export type Teller = Pick<Project, "alerts" | "dir" | "environment" | "workDir" | "secrets">;

/** What all messages of one moment have in common. */
export type Moment = {
  readonly sender: Sender;
  readonly clean: Clean;
  readonly told: readonly Told[];
  /** ms since the epoch. */
  readonly at: number;
};

export type AlertTold = {
  /** Messages that were tried, and those that got across. */
  readonly tried: number;
  readonly reached: number;
  /** What was chosen and did not get across. */
  readonly left: readonly News[];
  /** To be kept. */
  readonly changes: readonly ToldChange[];
  /** A line each. */
  readonly warnings: readonly string[];
};

const LETTERS_AT_ONCE = 4;

/** One message of what this alert tells of these news; where mail goes to owners, one to each of them. Never rejects. */
export async function tellAlert(
  alert: Alert,
  news: readonly News[],
  leftOut: number,
  moment: Moment,
  tools: SendTools,
  signal: AbortSignal,
): Promise<AlertTold> {
  const { choices, changes } = chooseNews(alert, news, moment.told, moment.at);
  const letters = lettersOf(alert, choices).map((letter) => ({ ...letter, posted: null as Posted | null }));
  for (let from = 0; from < letters.length; from += LETTERS_AT_ONCE)
    await Promise.all(
      letters.slice(from, from + LETTERS_AT_ONCE).map(async (letter) => {
        const items = letter.choices.map(({ item }) => item);
        const bundle = { sender: moment.sender, alert: alert.name, items, leftOut };
        letter.posted = await post(alert, letter.to, bundle, moment, tools, signal);
      }),
    );
  const across = new Set(letters.flatMap(({ posted, choices: of }) => (posted?.ok === true ? of : [])));
  const addressed = new Set(letters.flatMap(({ choices: of }) => of));
  const warnings = letters.flatMap(({ posted }) => warningOf(posted, signal));
  return {
    tried: letters.length,
    reached: letters.filter(({ posted }) => posted?.ok === true).length,
    left: [...addressed].filter((choice) => !across.has(choice)).map((choice) => choice.news),
    changes: [...changes, ...[...across].flatMap(({ change }) => change ?? [])],
    warnings: [...new Set(warnings)].map((why) => `alert "${alert.name}": ${why}`),
  };
}

/** Addresses are those of mail; empty elsewhere. */
type Letter = { readonly to: readonly Mailbox[]; readonly choices: readonly Choice[] };

function lettersOf(alert: Alert, choices: readonly Choice[]): Letter[] {
  if (choices.length === 0) return [];
  if (alert.type !== "email") return [{ to: [], choices }];
  if (alert.to !== "owner") return [{ to: alert.to, choices }];
  const letters = new Map<string, { to: readonly Mailbox[]; choices: Choice[] }>();
  for (const choice of choices)
    for (const [key, mailbox] of ownersOf(alert, choice.news)) {
      const letter = letters.get(key) ?? { to: [mailbox], choices: [] };
      letter.choices.push(choice);
      letters.set(key, letter);
    }
  return [...letters.values()];
}

/** By one form of the address; none where no owner is one. */
function ownersOf(alert: Alert, news: News): Map<string, Mailbox> {
  const owners = syncsOf(news).filter((sync) => isForSync(alert, sync));
  return new Map(
    owners.flatMap(({ owner }): [string, Mailbox][] => {
      const mailbox = owner === null ? null : readMailbox(owner);
      return mailbox === null ? [] : [[mailbox.address.toLowerCase(), mailbox]];
    }),
  );
}

function post(
  alert: Alert,
  to: readonly Mailbox[],
  bundle: Bundle,
  { clean, at: sentAt }: Moment,
  tools: SendTools,
  signal: AbortSignal,
): Promise<Posted> {
  const { endpoint } = alert;
  const id = newRunId(sentAt, tools.random);
  if (alert.type === "email") {
    const mail = { ...mailText(bundle, clean), endpoint, id, sentAt, from: alert.from, to };
    return sendMail(mail, tools, signal);
  }
  const isSlack = alert.type === "slack";
  const body = isSlack ? slackBody(bundle, clean) : alertBody(bundle, { id, sentAt }, clean);
  return sendParcel({ endpoint, id, body, readsAnswer: isSlack }, tools, signal);
}

function warningOf(posted: Posted | null, signal: AbortSignal): string[] {
  if (posted === null) return [];
  if (posted.ok) return posted.missed === null ? [] : [posted.missed];
  return [signal.aborted ? untold(signal) : posted.why];
}

/** The deadline says so itself; anything else is somebody who stopped the command. */
export function untold({ reason }: AbortSignal): string {
  return typeof reason === "string" ? reason : "stopped before it answered";
}
