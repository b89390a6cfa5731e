/** Reads of vendors' bodies, in which nothing is certain to be there. */

export type Json = Readonly<Record<string, unknown>>;

export function record(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

/** The objects of a list; anything else counts for nothing. */
export function records(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record).filter((item) => item !== null) : [];
}

/** A text with something in it. */
export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(text).filter((item) => item !== null) : [];
}

/** null for text that is no JSON. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
