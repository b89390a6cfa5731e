import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** The last bad news of a subject that an alert got across. */
export type Told = {
  readonly alert: string;
  /** A sync's runs, its starts, or an account: `subjectOf`. */
  readonly subject: string;
  /** Event, code and guards: what is repeated when it is the same. */
  readonly what: string;
  /** ms since the epoch. */
  readonly at: number;
};

/** `told: null` takes the entry away. */
export type ToldChange = { readonly alert: string; readonly subject: string; readonly told: Told | null };

const isSame = (a: { alert: string; subject: string }, b: { alert: string; subject: string }): boolean =>
  a.alert === b.alert && a.subject === b.subject;

export function lastTold(all: readonly Told[], alert: string, subject: string): Told | null {
  return all.find((one) => isSame(one, { alert, subject })) ?? null;
}

/** What was told before; nothing where the file is not there or is damaged: then something is told once more. */
export async function readTold(file: string): Promise<readonly Told[]> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, "utf8"));
    return Array.isArray(parsed) ? parsed.filter(isTold) : [];
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error && error.code === "ENOENT"))
      return [];
    throw error;
  }
}

/** Reads again before it writes: of two commands at once, each changes only what is its own. */
export async function keepTold(file: string, changes: readonly ToldChange[]): Promise<void> {
  if (changes.length === 0) return;
  const before = await readTold(file);
  const key = (one: { alert: string; subject: string }) => JSON.stringify([one.alert, one.subject]);
  // Of several changes of one subject the last one is what is known by now.
  const last = new Map(changes.map((change) => [key(change), change]));
  const others = before.filter((one) => !last.has(key(one)));
  const all = [...others, ...[...last.values()].flatMap(({ told }) => told ?? [])];
  if (all.length === 0 && before.length === 0) return;
  await mkdir(dirname(file), { recursive: true });
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, `${JSON.stringify(all, null, 1)}\n`, { mode: 0o600 });
  await rename(aside, file);
}

function isTold(value: unknown): value is Told {
  if (typeof value !== "object" || value === null) return false;
  const { alert, subject, what, at } = value as Record<string, unknown>;
  return typeof alert === "string" && typeof subject === "string" && typeof what === "string" && typeof at === "number";
}
