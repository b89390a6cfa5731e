import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** The last bad news of a sync that an alert got across. */
export type Told = {
  readonly alert: string;
  readonly sync: string;
  /** Event, code and guards: what is repeated when it is the same. */
  readonly what: string;
  /** ms since the epoch. */
  readonly at: number;
};

/** `told: null` takes the entry away. */
export type ToldChange = { readonly alert: string; readonly sync: string; readonly told: Told | null };

const isSame = (a: { alert: string; sync: string }, b: { alert: string; sync: string }): boolean =>
  a.alert === b.alert && a.sync === b.sync;

export function lastTold(all: readonly Told[], alert: string, sync: string): Told | null {
  return all.find((one) => isSame(one, { alert, sync })) ?? null;
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
  const others = before.filter((one) => !changes.some((change) => isSame(one, change)));
  const all = [...others, ...changes.flatMap(({ told }) => told ?? [])];
  if (all.length === 0 && before.length === 0) return;
  await mkdir(dirname(file), { recursive: true });
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, `${JSON.stringify(all, null, 1)}\n`, { mode: 0o600 });
  await rename(aside, file);
}

function isTold(value: unknown): value is Told {
  if (typeof value !== "object" || value === null) return false;
  const { alert, sync, what, at } = value as Record<string, unknown>;
  return typeof alert === "string" && typeof sync === "string" && typeof what === "string" && typeof at === "number";
}
