import { keyForPeople, keyFromInput } from "./key.ts";

/** The longest key that is shown whole. */
const KEY_WIDTH = 200;
/** What a shell takes as one plain word. */
const WORD = /^[\p{L}\p{N}_.@:+,/=%-]+$/u;

/**
 * A stored key as `sluice why` takes it: the parts joined by commas, or the JSON array where joining them would lose where a
 * part ends. A key of another number of parts (the model has changed since) stays as it is.
 */
export function keyText(key: string, parts: number): string {
  if (keyFromInput(key, parts) !== key) return key;
  const joined = keyForPeople(key, parts);
  return keyFromInput(joined, parts) === key ? joined : key;
}

/** {@link keyText} for a terminal: in quotes where a shell would take it apart, cut where it is endless. */
export function shownKey(key: string, parts: number): string {
  const text = keyText(key, parts).replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, "\ufffd");
  const cut = text.length > KEY_WIDTH ? `${text.slice(0, KEY_WIDTH)}…` : text;
  return WORD.test(cut) ? cut : `'${cut.replaceAll("'", "'\\''")}'`;
}
