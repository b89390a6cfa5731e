import { Fault } from "../../contract/fault.ts";

/** What a control call got wrong, in a sentence for people; the caller gets it with status 400. */
export function refusedInput(message: string): Fault {
  return new Fault("USAGE", message);
}

/** Strict readers for the bodies of control calls; each throws a Fault USAGE that names the place `at`. */
export function asObject(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refusedInput(`${at}: expected an object, got ${kindOf(value)}`);
}

export function asList(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refusedInput(`${at}: expected a list, got ${kindOf(value)}`);
}

export function asText(value: unknown, at: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw refusedInput(`${at}: expected a text, got ${kindOf(value)}`);
}

/** A missing flag is false. */
export function asFlag(value: unknown, at: string): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw refusedInput(`${at}: expected true or false, got ${kindOf(value)}`);
}

export function asCount(value: unknown, min: number, at: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= 1e12) return value;
  throw refusedInput(`${at}: expected a whole number from ${min}, got ${kindOf(value)}`);
}

export function refuseUnknownKeys(value: object, known: readonly string[], at: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw refusedInput(`${at}: unknown key ${JSON.stringify(unknown)}; known are ${known.join(", ")}`);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : JSON.stringify(value);
}
