import type { ZodType } from "zod";
import type { Problem } from "../contract/fault.ts";
import { suggest } from "../core/suggest.ts";
import { type Path, type Place, problem } from "./problem.ts";
import { choicesAt, expectedAt, isSecretAt, keysAt, type Outline, outlineOf, outlinesAt } from "./schema-outline.ts";

type Issue = {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly issues?: readonly Issue[];
  readonly expected?: string;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
};

export type SchemaReading = {
  readonly schema: ZodType;
  /** The value that was parsed. */
  readonly value: unknown;
  readonly placeOf: (path: Path, part: "key" | "value") => Place;
  /** Words people use for a key of ours, by the key's parent path joined with dots: `{ "": { mapping: "fields" } }`. */
  readonly otherNames?: Readonly<Record<string, string>>;
  /** True where the text at this path must not be shown. */
  readonly isHidden?: (path: Path) => boolean;
};

export type SchemaTrouble = {
  readonly path: Path;
  readonly isUnknownKey: boolean;
  /** For an unknown key: the one that was probably meant. */
  readonly meant: string | null;
  readonly problem: Problem;
};

/** Turns what zod says into problems with a place, a reason and a way out. */
export function troublesOf(reading: SchemaReading, issues: readonly Issue[]): SchemaTrouble[] {
  const troubles = issues.flatMap((issue) => flatten(issue, reading.value)).flatMap((issue) => explain(reading, issue));
  // A misspelt key is not also missing.
  const meant = new Set(
    troubles.flatMap(({ path, meant: key }) => (key === null ? [] : [[...path.slice(0, -1), key].join("\0")])),
  );
  return troubles.filter(({ path, problem: one }) => one.code !== "MISSING_KEY" || !meant.has(path.join("\0")));
}

function pathOf(issue: Issue): Path {
  return issue.path.map((key) => (typeof key === "number" ? key : String(key)));
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, key) => {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    return (found as Record<string | number, unknown>)[key];
  }, value);
}

/**
 * zod says only "Invalid input" of a union: take the branch that has the value's shape, and of several the one with the
 * fewest complaints. A union that no branch fits stays one issue.
 */
function flatten(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors === undefined || issue.errors.length === 0) return [issue];
  const at = (inner: Issue): Issue => ({ ...inner, path: [...issue.path, ...inner.path] });
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && isShapeIssue(inner)),
  );
  const best = [...fitting].sort((a, b) => weight(a) - weight(b));
  const [first] = best;
  if (first === undefined) return [{ ...issue, errors: [] }];
  const rivals = best.filter((branch) => weight(branch) === weight(first));
  if (rivals.length > 1 && first.every((inner) => isMissing(inner, valueAt(value, pathOf(issue))))) {
    const keys = rivals.flatMap((branch) => branch.map((inner) => String(inner.path[0])));
    return [{ code: "needs_one_of", path: issue.path, message: "", keys: [...new Set(keys)] }];
  }
  return first.map(at).flatMap((inner) => flatten(inner, value));
}

function isShapeIssue(issue: Issue): boolean {
  if (issue.code === "invalid_type" || issue.code === "invalid_value") return true;
  return (
    issue.code === "invalid_union" &&
    (issue.errors ?? []).every((branch) => branch.some((one) => isShapeIssue(one) && one.path.length === 0))
  );
}

function weight(branch: readonly Issue[]): number {
  return branch.reduce(
    (sum, issue) => sum + (issue.code === "unrecognized_keys" ? 2 * (issue.keys ?? []).length : 1),
    0,
  );
}

function isMissing(issue: Issue, value: unknown): boolean {
  return issue.path.length === 1 && valueAt(value, pathOf(issue)) === undefined;
}

function explain(reading: SchemaReading, issue: Issue): SchemaTrouble[] {
  const path = pathOf(issue);
  const outline = outlineOf(reading.schema);
  if (issue.code === "unrecognized_keys") {
    return (issue.keys ?? []).map((key) => unknownKey(reading, outline, path, key));
  }
  const say = (part: "key" | "value", code: string, message: string, fix: string | null): SchemaTrouble[] => [
    { path, isUnknownKey: false, meant: null, problem: problem(reading.placeOf(path, part), code, message, fix) },
  ];
  if (issue.code === "needs_one_of") {
    return say("key", "MISSING_KEY", `${label(path)} needs one of the keys ${(issue.keys ?? []).join(", ")}`, null);
  }
  if (issue.code === "invalid_key") {
    const why = issue.issues?.[0]?.message ?? "it is not allowed";
    return say("key", "WRONG_NAME", `"${String(path.at(-1))}" cannot be used as a name: ${why}`, null);
  }
  const value = valueAt(reading.value, path);
  if (value === undefined && path.length > 0) {
    const description = outlinesAt(outline, path).find((one) => one.description !== undefined)?.description ?? null;
    return say("key", "MISSING_KEY", `missing key "${path.at(-1)}"${within(path.slice(0, -1))}`, description);
  }
  return say("value", "WRONG_VALUE", ...wrongValue(reading, outline, issue, path, value));
}

function wrongValue(
  reading: SchemaReading,
  outline: Outline,
  issue: Issue,
  path: Path,
  value: unknown,
): [string, string | null] {
  const name = label(path);
  // Messages of our own schemas begin so; zod's begin otherwise.
  const isOurs = issue.message.startsWith("must ") || issue.message.startsWith("needs ");
  if (issue.code === "custom" || issue.code === "invalid_format" || isOurs) return [`${name} ${issue.message}`, null];
  if (issue.code === "too_small" || issue.code === "too_big") return [`${name} ${sizeWords(issue)}`, null];
  const hidden = reading.isHidden?.(path) === true || isSecretAt(outline, path);
  const expected = expectedAt(outline, path) || (issue.expected ?? "something else");
  const near = typeof value === "string" && !hidden ? suggest(value, choicesAt(outline, path)) : null;
  const fix = near === null ? null : `did you mean "${near}"?`;
  return [`${name} must be ${expected}, not ${shown(value, hidden)}`, fix];
}

function sizeWords(issue: Issue): string {
  const limit = issue.code === "too_small" ? issue.minimum : issue.maximum;
  if (issue.origin === "string" && String(limit) === "1") return "must not be empty";
  const things: Record<string, string> = { string: "letters", array: "entries", object: "entries" };
  const unit = things[issue.origin ?? ""];
  const bound = issue.code === "too_small" ? "at least" : "at most";
  return unit === undefined ? `must be ${bound} ${limit}` : `must have ${bound} ${limit} ${unit}`;
}

function unknownKey(reading: SchemaReading, outline: Outline, path: Path, key: string): SchemaTrouble {
  const keys = keysAt(outline, path, valueAt(reading.value, path));
  const others = path.length === 0 ? (reading.otherNames ?? {}) : {};
  const candidates = [...keys.keys(), ...Object.keys(others)];
  const word = suggest(key, candidates);
  const near = word === null || keys.has(word) ? word : (others[word] ?? null);
  const description = near === null ? "" : ` ${keys.get(near) ?? ""}`.trimEnd();
  const fix = near === null ? `keys here: ${[...keys.keys()].join(", ")}` : `did you mean "${near}"?${description}`;
  const place = reading.placeOf([...path, key], "key");
  const message = `unknown key "${key}"${within(path)}`;
  return {
    path: [...path, key],
    isUnknownKey: true,
    meant: near,
    problem: problem(place, "UNKNOWN_KEY", message, fix),
  };
}

function within(path: Path): string {
  return path.length === 0 ? "" : ` in ${label(path)}`;
}

/** `guards.removed`, `match[1]`; the file itself where the path is empty. */
export function label(path: Path): string {
  if (path.length === 0) return "the file";
  return path.map((key, index) => (typeof key === "number" ? `[${key + 1}]` : index === 0 ? key : `.${key}`)).join("");
}

const LONGEST_SHOWN = 60;

function shown(value: unknown, hidden: boolean): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (hidden) return "this value";
  if (typeof value !== "string") return String(value);
  return value.length > LONGEST_SHOWN ? `"${value.slice(0, LONGEST_SHOWN)}…"` : `"${value}"`;
}
