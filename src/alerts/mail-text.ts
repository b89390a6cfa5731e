import { amount } from "../core/count-text.ts";
import { type Bundle, moreText } from "./bundle.ts";
import type { Item } from "./choose-news.ts";
import { gravestOf } from "./describe-item.ts";
import { itemText, tallyOf } from "./item-text.ts";
import type { Clean } from "./safe-text.ts";

const MOST_ITEMS = 50;
const LONGEST_NAMES = 80;

export type MailText = { readonly subject: string; readonly text: string };

/** A message as plain text: what happened in the subject, a paragraph an item. No line holds more than one text of somebody else. */
export function mailText({ sender, alert, items, leftOut }: Bundle, clean: Clean): MailText {
  const { project, environment } = sender;
  const severity = gravestOf(items.map(({ event }) => event));
  const rest = Math.max(0, items.length - MOST_ITEMS) + leftOut;
  const paragraphs = items.slice(0, MOST_ITEMS).map((item) => paragraph(item, clean));
  if (rest > 0) paragraphs.push(`${moreText(rest)}: sluice status`);
  const head = `${severity}: ${project} (${environment}): ${tallyOf(items)}`;
  const foot = `-- \nSent by Sluice for the alert "${clean(alert)}" of ${project}, environment ${environment}.`;
  return {
    subject: `[Sluice ${environment}] ${severity}: ${whatOf(items)}: ${namesOf(items, clean)}`,
    text: `${[head, ...paragraphs, foot].join("\n\n")}\n`,
  };
}

/** "2 syncs failed"; "1 failed, 1 held" where there is more than one event. */
function whatOf(items: readonly Item[]): string {
  const [event, ...others] = new Set(items.map((item) => item.event));
  if (event === undefined || others.length > 0) return tallyOf(items);
  if (event === "budget") return "daily calls nearly spent";
  const syncs = amount(new Set(items.map((item) => itemName(item))).size, "sync");
  if (event === "missed") return `${syncs} missed a start`;
  return event === "held" ? `${syncs} held` : `${syncs} ${event === "partial" ? "ended in part" : event}`;
}

function namesOf(items: readonly Item[], clean: Clean): string {
  const names = [...new Set(items.map((item) => clean(itemName(item))))];
  let line = names[0] ?? "";
  if (line.length > LONGEST_NAMES) return `${Array.from(line).slice(0, LONGEST_NAMES).join("")}…`;
  for (const name of names.slice(1)) {
    if (line.length + name.length > LONGEST_NAMES) return `${line}, …`;
    line += `, ${name}`;
  }
  return line;
}

const itemName = (item: Item): string => (item.event === "budget" ? item.connection : item.sync.name);

function paragraph(item: Item, clean: Clean): string {
  const { name, said, details, look, release } = itemText(item, clean);
  const last = release === null ? look : `${look}\nTo release it: ${release}`;
  return [`${name} ${said}`, ...details, last].join("\n");
}
