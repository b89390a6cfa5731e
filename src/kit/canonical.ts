import type { FieldType } from "../contract/value.ts";

/** Vendor's texts → canonical text (contract/value.ts). Each answers null for text that it does not understand. */

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})$/i;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const EPOCH_MS = /^-?\d{1,16}$/;

export function canonicalBoolean(text: string): string | null {
  const word = text.trim().toLowerCase();
  return word === "true" || word === "false" ? word : null;
}

/** A day as `YYYY-MM-DD`, or an instant (ISO or epoch ms) whose day in UTC is meant. */
export function canonicalDate(text: string): string | null {
  if (DAY.test(text)) return text;
  const instant = canonicalTimestamp(text);
  return instant === null ? null : instant.slice(0, 10);
}

/** An instant as ISO 8601 with a zone, or as epoch ms. Keeps microseconds, at least three decimals. */
export function canonicalTimestamp(text: string): string | null {
  if (EPOCH_MS.test(text)) return fromEpochMs(Number(text));
  const parts = ISO.exec(text);
  if (parts === null) return null;
  const fraction = (parts[7] ?? "").padEnd(3, "0").slice(0, 6);
  const seconds = Date.parse(
    `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6] ?? "00"}${zone(parts[8])}`,
  );
  const whole = fromEpochMs(seconds);
  return whole === null ? null : `${whole.slice(0, 20)}${cutZeros(fraction)}Z`;
}

/** Members of a set in the one order that canonical text has. */
export function canonicalSet(members: readonly string[]): string {
  return JSON.stringify([...members].sort());
}

/** Members of a canonical set; text that is no JSON array is taken for a single member. */
export function setMembers(text: string): readonly string[] {
  try {
    const members: unknown = JSON.parse(text);
    return Array.isArray(members) ? members.map(String) : [text];
  } catch {
    return [text];
  }
}

/** A vendor's text of a field, where several values are joined by ";"; what is not understood stays as it is. */
export function canonicalText(type: FieldType | undefined, text: string): string {
  switch (type) {
    case "boolean":
      return canonicalBoolean(text) ?? text;
    case "date":
      return canonicalDate(text) ?? text;
    case "timestamp":
      return canonicalTimestamp(text) ?? text;
    case "set":
      return canonicalSet(text.split(";").filter((member) => member !== ""));
    default:
      return text;
  }
}

function fromEpochMs(ms: number): string | null {
  const instant = new Date(ms);
  return Number.isNaN(instant.getTime()) ? null : instant.toISOString();
}

function zone(text: string | undefined): string {
  if (text === undefined || text.toUpperCase() === "Z") return "Z";
  return text.includes(":") ? text : `${text.slice(0, 3)}:${text.slice(3)}`;
}

function cutZeros(fraction: string): string {
  return fraction.replace(/(\d{3}\d*?)0+$/, "$1");
}
