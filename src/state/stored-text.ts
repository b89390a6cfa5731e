/**
 * SQLite's driver cuts text at NUL and bends lone surrogates, Postgres refuses both; keys and messages of hostile rows
 * hold them. They are kept as U+E010 (private use) and four hex digits; it is escaped alike itself, so every text comes back as it was.
 */
const UNSTORABLE = /[\0\ue010\p{Surrogate}]/gu;
const ESCAPED = /\ue010([0-9a-f]{4})/g;

export function toStored(text: string): string;
export function toStored(text: string | null): string | null;
export function toStored(text: string | null): string | null {
  if (text === null) return null;
  return text.replace(UNSTORABLE, (unit) => `\ue010${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function fromStored(stored: string): string;
export function fromStored(stored: string | null): string | null;
export function fromStored(stored: string | null): string | null {
  if (!stored?.includes("\ue010")) return stored;
  return stored.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
