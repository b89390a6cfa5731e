import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
} from "yaml";
import type { Problem } from "../contract/fault.ts";
import type { Position, SourceFile } from "../contract/project.ts";
import { type Path, problem } from "./problem.ts";
import type { TextFile } from "./read-text.ts";

/** The exact text of a scalar, whatever its size. */
export type Constant = { readonly kind: "text" | "number" | "boolean"; readonly text: string };

/** A parsed document: plain values for the schemas, exact texts for constants, and the place of everything. */
export type YamlFile = SourceFile & {
  /** Plain objects, arrays, strings, booleans, null and numbers (integers over 2^53 rounded: see `constant`). */
  readonly value: unknown;
  readonly has: (path: Path) => boolean;
  /** Of the scalar at `path`; null where there is none, or where it is null, NaN or infinite. */
  readonly constant: (path: Path) => Constant | null;
};

/** An alias counts as often as it is used, so a small file cannot become a large value. */
const MOST_NODES = 50_000;
const MOST_LEVELS = 32;

/** Parses one YAML document. Anything `yaml` complains of, warnings included, is a problem. */
export function readYaml(source: TextFile): YamlFile | Problem[] {
  const { file, text } = source;
  const start = { file, line: 1, column: 1 };
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      intAsBigInt: true,
      stringKeys: true,
      resolveKnownTags: false,
      // "silent" would also drop the error for a second document.
      logLevel: "error",
    });
    const troubles = [...document.errors, ...document.warnings];
    if (troubles.length > 0) {
      // What follows a syntax error is mostly its echo: the first of a line is enough.
      const placed = troubles.map((trouble) => {
        const at = lines.linePos(trouble.pos[0]);
        const place = { file, line: at.line, column: at.col };
        return problem(place, "YAML_SYNTAX", ...explain(trouble.code, trouble.message, text.slice(trouble.pos[0])));
      });
      return placed.filter((one, index) => placed.findIndex((other) => other.line === one.line) === index);
    }
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
      return [problem(start, "EMPTY_FILE", "the file is empty", "write the settings, or remove the file")];
    }
    return openDocument(file, document, lines);
  } catch (error) {
    // Also what a stack overflow throws.
    if (!(error instanceof RangeError)) throw error;
    const message = "the file is too large or nested too deeply once its aliases are written out";
    return [problem(start, "YAML_TOO_LARGE", message, "write it plainly, with fewer aliases and levels")];
  }
}

const EXPLANATIONS: Readonly<Record<string, readonly [string, string | null]>> = {
  TAB_AS_INDENT: ["a tab indents this line", "indent with spaces"],
  MULTIPLE_DOCS: ["the file holds several documents", "keep one: remove the line ---"],
  NON_STRING_KEY: ["a key must be plain text", null],
  RESOURCE_EXHAUSTION: ["the file is nested too deeply", "write it plainly, with fewer levels"],
  TAG_RESOLVE_FAILED: ["tags (!…) are not used here", "remove the tag, or quote the text"],
};

/** The key that stands at the beginning of `text`. */
function quoted(text: string): string {
  const key = /^("[^"\n]*"|'[^'\n]*'|[^:\n]*)/.exec(text)?.[0].trim() ?? "";
  return `"${key.replace(/^["']|["']$/g, "").slice(0, 60)}"`;
}

function explain(code: string, message: string, text: string): [string, string | null] {
  if (code === "DUPLICATE_KEY") return [`the key ${quoted(text)} is given twice`, "remove one of the two"];
  const known = EXPLANATIONS[code];
  if (known !== undefined) return [...known];
  return [`this is no YAML: ${message.replace(/\s+/g, " ").trim()}`, null];
}

function openDocument(file: string, document: Document, lines: LineCounter): YamlFile | Problem[] {
  const problems: Problem[] = [];
  const seen = { nodes: 0 };
  const toValue = (node: unknown, level: number): unknown => {
    seen.nodes += 1;
    if (seen.nodes > MOST_NODES || level > MOST_LEVELS) throw new RangeError("too large or too deep");
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target !== undefined) return toValue(target, level + 1);
      const place = { file, ...positionOf(node, lines) };
      problems.push(
        problem(place, "YAML_SYNTAX", `nothing is called &${node.source}`, `quote the text: "*${node.source}"`),
      );
      return null;
    }
    if (isSeq(node)) return node.items.map((item) => toValue(item, level + 1));
    if (isScalar(node)) return typeof node.value === "bigint" ? Number(node.value) : node.value;
    if (!isMap(node)) return null;
    const entries: [string, unknown][] = [];
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value ?? "") : "";
      if (key === "__proto__") {
        const place = { file, ...positionOf(pair.key, lines) };
        problems.push(problem(place, "UNKNOWN_KEY", 'the key "__proto__" is not allowed'));
      } else entries.push([key, toValue(pair.value, level + 1)]);
    }
    return Object.fromEntries(entries);
  };
  const value = toValue(document.contents, 0);
  if (problems.length > 0) return problems;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const found = Array.isArray(value) ? "a list" : "a single value";
    return [
      problem(
        { file, line: 1, column: 1 },
        "NOT_A_MAP",
        `the file must be a map of keys, not ${found}`,
        "write key: value",
      ),
    ];
  }
  return {
    file,
    value,
    locate: (path, part = "value") => locate(document, lines, path, part),
    has: (path) => walk(document, path).depth === path.length,
    constant: (path) => {
      const found = walk(document, path);
      return found.depth === path.length && isScalar(found.node) ? constantOf(found.node) : null;
    },
  };
}

type Found = { readonly node: unknown; readonly key: unknown; readonly depth: number };

/** As far along `path` as the document goes. */
function walk(document: Document, path: Path): Found {
  let found: Found = { node: document.contents, key: null, depth: 0 };
  for (const step of path) {
    const node = isAlias(found.node) ? found.node.resolve(document) : found.node;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value ?? "") === String(step));
      if (pair !== undefined) found = { node: pair.value, key: pair.key, depth: found.depth + 1 };
      // A single map may stand for a list of one.
      else if (step === 0) found = { ...found, depth: found.depth + 1 };
      else return found;
    } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
      found = { node: node.items[step], key: null, depth: found.depth + 1 };
    } else return found;
  }
  const last = isAlias(found.node) ? found.node.resolve(document) : found.node;
  return { ...found, node: last ?? found.node };
}

function locate(document: Document, lines: LineCounter, path: Path, part: "key" | "value"): Position {
  const found = walk(document, path);
  const wholeFile = { line: 1, column: 1 };
  if (found.depth === 0 && path.length > 0) return wholeFile;
  const isShort = found.depth < path.length && !isScalar(found.node);
  const wantsKey = part === "key" || isShort || isEmptyScalar(found.node);
  const chosen = wantsKey && found.key !== null ? found.key : found.node;
  return path.length === 0 ? wholeFile : positionOf(chosen, lines);
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null && (node.source ?? "") === "";
}

function positionOf(node: unknown, lines: LineCounter): Position {
  const range = (node as Node | null)?.range;
  if (range === null || range === undefined) return { line: 1, column: 1 };
  const at = lines.linePos(range[0]);
  return { line: Math.max(1, at.line), column: Math.max(1, at.col) };
}

const DECIMAL = /^([-+]?)(\d*)(?:\.(\d*))?([eE][-+]?\d+)?$/;

function constantOf(scalar: Scalar): Constant | null {
  const { value, source } = scalar;
  if (typeof value === "string") return { kind: "text", text: value };
  if (typeof value === "boolean") return { kind: "boolean", text: String(value) };
  if (typeof value === "bigint") return { kind: "number", text: String(value) };
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  const parts = DECIMAL.exec(source ?? "");
  if (parts === null) return { kind: "number", text: String(value) };
  const [, sign, whole, fraction, exponent] = parts;
  const digits = fraction === undefined || fraction === "" ? "" : `.${fraction}`;
  return { kind: "number", text: `${sign === "-" ? "-" : ""}${whole || "0"}${digits}${exponent ?? ""}` };
}
