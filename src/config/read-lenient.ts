import type { ZodObject, z } from "zod";
import type { Problem } from "../contract/fault.ts";
import { type Path, placeOf } from "./problem.ts";
import { type SchemaReading, type SchemaTrouble, troublesOf } from "./schema-problems.ts";
import type { YamlFile } from "./yaml-file.ts";

export type LenientReading<S extends ZodObject> = {
  /** What is sound in the file, so that the rest can still be checked against it. */
  readonly value: z.infer<S>;
  /** Top-level keys with problems of their own: nothing more needs to be said about what is missing there. */
  readonly broken: ReadonlySet<string>;
};

/**
 * Reads `file` by a strict schema whose keys are all optional. Every violation becomes a problem; the offending parts are
 * cut out and the remainder is returned. Keys named in `maps` lose single entries, others are dropped whole.
 */
export function readLenient<S extends ZodObject>(
  schema: S,
  file: YamlFile,
  maps: readonly string[],
  problems: Problem[],
  otherNames: Readonly<Record<string, string>> = {},
): LenientReading<S> {
  const first = schema.safeParse(file.value);
  if (first.success) return { value: first.data, broken: new Set() };
  const reading: SchemaReading = {
    schema,
    value: file.value,
    placeOf: (path, part) => placeOf(file, path, part),
    otherNames,
  };
  const troubles = troublesOf(reading, first.error.issues);
  problems.push(...troubles.map((trouble) => trouble.problem));
  const broken = new Set(
    troubles.map(({ path, meant }) => String((path.length === 1 ? meant : null) ?? path[0] ?? "")),
  );
  const tops = troubles.map((trouble) => trouble.path.slice(0, 1));
  for (const paths of [troubles.map((trouble) => partToDrop(trouble, maps)), tops]) {
    const again = schema.safeParse(without(file.value, paths));
    if (again.success) return { value: again.data, broken };
  }
  return { value: schema.parse({}), broken };
}

/** The smallest part whose absence leaves the rest sound. */
function partToDrop({ path, isUnknownKey }: SchemaTrouble, maps: readonly string[]): Path {
  const [top] = path;
  if (typeof top === "string" && maps.includes(top)) return path.slice(0, 2);
  return isUnknownKey ? path : path.slice(0, 1);
}

function without(value: unknown, paths: readonly Path[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const path of paths) cut(copy, path);
  return copy;
}

function cut(value: unknown, path: Path): void {
  let parent: unknown = value;
  for (const key of path.slice(0, -1)) {
    if (typeof parent !== "object" || parent === null) return;
    parent = (parent as Record<string | number, unknown>)[key];
  }
  const last = path.at(-1);
  if (typeof parent === "object" && parent !== null && last !== undefined && !Array.isArray(parent)) {
    delete (parent as Record<string | number, unknown>)[last];
  }
}
