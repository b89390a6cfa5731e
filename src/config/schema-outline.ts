import { type ZodType, z } from "zod";
import type { Path } from "./problem.ts";

/** The part of a JSON Schema that messages and secrets are made of. */
export type Outline = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly secret?: boolean;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Outline>>;
  readonly additionalProperties?: boolean | Outline;
  readonly items?: Outline;
  readonly anyOf?: readonly Outline[];
  readonly oneOf?: readonly Outline[];
  readonly allOf?: readonly Outline[];
};

const outlines = new WeakMap<ZodType, Outline>();

/** The JSON Schema of what a zod schema reads; made once per schema. */
export function outlineOf(schema: ZodType): Outline {
  const known = outlines.get(schema);
  if (known !== undefined) return known;
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as Outline;
  outlines.set(schema, made);
  return made;
}

function branches(outline: Outline): readonly Outline[] {
  const inner = [...(outline.anyOf ?? []), ...(outline.oneOf ?? []), ...(outline.allOf ?? [])];
  return [outline, ...inner.flatMap(branches)];
}

function step(outline: Outline, key: string | number): Outline[] {
  const found: Outline[] = [];
  if (typeof key === "number" && outline.items !== undefined) found.push(outline.items);
  const properties = outline.properties ?? {};
  if (Object.hasOwn(properties, key)) found.push(properties[key] as Outline);
  else if (typeof outline.additionalProperties === "object") found.push(outline.additionalProperties);
  return found.flatMap(branches);
}

/** Every alternative that may stand at `path`. */
export function outlinesAt(outline: Outline, path: Path): readonly Outline[] {
  return path.reduce<readonly Outline[]>((all, key) => all.flatMap((one) => step(one, key)), branches(outline));
}

/** The keys that may stand in the map at `path`, with their descriptions; of several kinds of map, those of the kind it is. */
export function keysAt(outline: Outline, path: Path, value: unknown): ReadonlyMap<string, string> {
  const all = outlinesAt(outline, path);
  const fitting = all.filter((one) => isKindOf(one, value));
  const keys = (fitting.length === 0 ? all : fitting).flatMap((one) => Object.entries(one.properties ?? {}));
  return new Map(keys.map(([name, inner]) => [name, inner.description ?? ""]));
}

function isKindOf({ properties = {} }: Outline, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const found = value as Readonly<Record<string, unknown>>;
  return Object.entries(properties).every(
    ([key, { const: only }]) => only === undefined || !Object.hasOwn(found, key) || found[key] === only,
  );
}

export function isSecretAt(outline: Outline, path: Path): boolean {
  return path.some((_, depth) => outlinesAt(outline, path.slice(0, depth + 1)).some((one) => one.secret === true));
}

/** What may stand at `path`, in words: `text`, `one of none, clear, archive`, `text, {column} or {value}`. */
export function expectedAt(outline: Outline, path: Path): string {
  const words = new Set<string>();
  const values = new Set<string>();
  for (const one of outlinesAt(outline, path)) {
    const types = typeof one.type === "string" ? [one.type] : (one.type ?? []);
    const keys = Object.keys(one.properties ?? {});
    if (one.const !== undefined) values.add(String(one.const));
    else if (one.enum !== undefined) for (const value of one.enum) values.add(String(value));
    else if (keys.length > 0 && keys.length <= 4) words.add(`{${keys.join(", ")}}`);
    else for (const type of types) words.add(WORDS[type] ?? type);
  }
  if (words.size === 0 && values.size > 1) return `one of ${[...values].join(", ")}`;
  const all = [...values, ...words];
  const last = all.pop() ?? "";
  return all.length === 0 ? last : `${all.join(", ")} or ${last}`;
}

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "a map",
  array: "a list",
  null: "empty",
};

/** The choices at `path`, where only certain words may stand there. */
export function choicesAt(outline: Outline, path: Path): string[] {
  return outlinesAt(outline, path).flatMap((one) =>
    (one.const === undefined ? (one.enum ?? []) : [one.const]).map(String),
  );
}
