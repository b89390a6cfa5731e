import { redact } from "../core/redact.ts";

const LONGEST = 500;

/** Texts that may hold what a vendor or a database said, fit to leave the house. */
export type Clean = (text: string) => string;

/**
 * One line of at most 500 characters without secrets. Addresses of people and what stands in single quotes are left out: databases
 * quote the value that they choke on, and values and keys never leave with a message.
 */
export function cleaner(secrets: readonly string[]): Clean {
  return (text) => {
    // Cut first, with some room: vendors answer with whole pages.
    const blank = redact(text, secrets).slice(0, 20 * LONGEST);
    const line = blank
      .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
      .replaceAll(/'[^']*'/g, "'…'")
      .replaceAll(/[^\s<>"',;:()]+@[^\s<>"',;:()]+\.[^\s<>"',;:()]+/g, "…@…")
      .trim();
    return cut(line, LONGEST);
  };
}

/** Never between the halves of a character. */
function cut(text: string, length: number): string {
  const points = Array.from(text);
  return points.length <= length ? text : `${points.slice(0, length - 1).join("")}…`;
}
