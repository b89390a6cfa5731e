import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "../contract/fault.ts";
import { hint, suggest } from "../core/suggest.ts";
import { type Place, problem } from "./problem.ts";
import { reasonOf } from "./read-text.ts";
import type { Constant } from "./yaml-file.ts";

export const SCHEMES = ["env", "file", "var"] as const;
export type Scheme = (typeof SCHEMES)[number];

export type Reference = { readonly scheme: string; readonly name: string };
type Piece = string | Reference;

const PIECE = /\$\$\{|\$\{([A-Za-z_][\w-]*)(?::([^}]*))?\}/g;
const LARGEST_FILE_BYTES = 64 * 1024;

/** Cuts `a${env:B}c` into its pieces. `$${` stands for a literal `${`; `${NAME}` is a reference without a scheme. */
export function piecesOf(text: string): Piece[] {
  if (!text.includes("${")) return [text];
  const pieces: Piece[] = [];
  let literal = "";
  let last = 0;
  for (const match of text.matchAll(PIECE)) {
    literal += text.slice(last, match.index);
    last = match.index + match[0].length;
    if (match[0] === "$${") {
      literal += "${";
      continue;
    }
    if (literal !== "") pieces.push(literal);
    literal = "";
    const [, word = "", name] = match;
    pieces.push(name === undefined ? { scheme: "", name: word } : { scheme: word, name });
  }
  literal += text.slice(last);
  if (literal !== "" || pieces.length === 0) pieces.push(literal);
  return pieces;
}

export type Resolved = {
  /** With its own kind where the text is one whole `${var:…}`. */
  readonly constant: Constant;
  readonly references: readonly (Reference & { readonly text: string })[];
};

/** Where references are looked up. */
export type Scope = {
  readonly projectDir: string;
  readonly env: (name: string) => string | undefined;
  /** null where `${var:…}` itself may not stand. */
  readonly vars: ReadonlyMap<string, Constant> | null;
};

/** Puts the values in place of the references; null, with its problems added, where one is missing. `whose` names the owner. */
export function resolveText(
  text: string,
  scope: Scope,
  place: Place,
  whose: string,
  problems: Problem[],
): Resolved | null {
  const pieces = piecesOf(text);
  const references: (Reference & { text: string })[] = [];
  let only: Constant | null = null;
  let joined = "";
  let isWhole = true;
  for (const piece of pieces) {
    if (typeof piece === "string") {
      joined += piece;
      continue;
    }
    const found = lookUp(piece, scope);
    if ("message" in found) {
      problems.push(problem(place, found.code, `${whose}: ${found.message}`, found.fix));
      isWhole = false;
      continue;
    }
    if (pieces.length === 1) only = found;
    references.push({ ...piece, text: found.text });
    joined += found.text;
  }
  return isWhole ? { constant: only ?? { kind: "text", text: joined }, references } : null;
}

type Trouble = { code: string; message: string; fix: string | null };

function lookUp(reference: Reference, scope: Scope): Constant | Trouble {
  const { scheme, name } = reference;
  if (scheme === "env") return fromEnvironment(name, scope);
  if (scheme === "file") return fromFile(name, scope);
  if (scheme === "var") return fromVars(name, scope);
  return unknownScheme(reference);
}

export function unknownScheme({ scheme, name }: Reference): Trouble {
  const code = "UNKNOWN_REFERENCE";
  if (scheme === "") {
    const fix = `write "\${env:${name}}" for an environment variable, or "$\${" for a literal "\${"`;
    return { code, message: `"\${${name}}" does not say where to look`, fix };
  }
  const near = suggest(scheme, SCHEMES);
  const fix =
    near === null
      ? `there are \${env:…}, \${file:…} and \${var:…}; "$\${" is a literal "\${"`
      : `did you mean "\${${near}:${name}}"?`;
  return { code, message: `"\${${scheme}:…}" is not known`, fix };
}

function fromEnvironment(name: string, scope: Scope): Constant | Trouble {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    return { code: "UNKNOWN_REFERENCE", message: `"${name}" is no name of an environment variable`, fix: null };
  }
  const text = scope.env(name);
  if (text !== undefined && text !== "") return { kind: "text", text };
  const state = text === undefined ? "not set" : "empty";
  return {
    code: "ENV_MISSING",
    message: `the environment variable ${name} is ${state}`,
    fix: `set it: export ${name}=…`,
  };
}

function fromFile(path: string, scope: Scope): Constant | Trouble {
  const missing = (why: string) => ({
    code: "FILE_MISSING",
    message: `the file ${path} cannot be used: ${why}`,
    fix: "put the value into this file, or correct the path (relative to the project, or absolute)",
  });
  if (path === "" || path.includes("\0")) return missing("this is no path");
  try {
    const absolute = resolve(scope.projectDir, path);
    const found = statSync(absolute);
    if (!found.isFile()) return missing("it is no regular file");
    if (found.size > LARGEST_FILE_BYTES) return missing(`it has more than ${LARGEST_FILE_BYTES} bytes`);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(absolute)).replace(/\r?\n$/, "");
    return text === "" ? missing("it is empty") : { kind: "text", text };
  } catch (error) {
    return missing(error instanceof TypeError ? "it is not UTF-8 text" : reasonOf(error));
  }
}

function fromVars(name: string, scope: Scope): Constant | Trouble {
  if (scope.vars === null)
    return { code: "UNKNOWN_REFERENCE", message: "a var cannot refer to another var", fix: null };
  const found = scope.vars.get(name);
  if (found !== undefined) return found;
  return { code: "UNKNOWN_VAR", message: `there is no var "${name}"`, fix: hint(name, scope.vars.keys(), "vars") };
}
