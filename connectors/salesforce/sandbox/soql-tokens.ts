import { soqlTrouble } from "./soql-query.ts";

export type Token = {
  readonly kind: "text" | "number" | "date" | "datetime" | "name" | "sign" | "end";
  /** Of texts without quotes and escapes. */
  readonly text: string;
  /** Where it begins, from 0. */
  readonly at: number;
};

const BLANK = /\s*/y;
const TEXT = /'((?:[^'\\]|\\[\s\S])*)'/y;
const DATETIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})/y;
const DATE = /\d{4}-\d{2}-\d{2}(?![\dT])/y;
const NUMBER = /[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_][\w.]*/y;
const SIGN = /<=|>=|!=|<>|[=<>(),:]/y;

const KINDS = [
  ["text", TEXT],
  ["datetime", DATETIME],
  ["date", DATE],
  ["number", NUMBER],
  ["name", NAME],
  ["sign", SIGN],
] as const;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

/** The tokens of a query, one of kind "end" last. Throws a SoqlTrouble at what is none. */
export function soqlTokens(soql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    BLANK.test(soql);
    at = BLANK.lastIndex;
    if (at >= soql.length) break;
    const token = tokenAt(soql, at);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: "<EOF>", at });
  return tokens;
}

/** Salesforce shows where in the query it stumbled. */
export function malformed(soql: string, at: number, why: string): Error {
  return soqlTrouble("MALFORMED_QUERY", `\n${excerpt(soql, at)}\nERROR at Row:1:Column:${at + 1}\n${why}`);
}

export function excerpt(soql: string, at: number): string {
  const from = Math.max(0, at - 40);
  return `${soql.slice(from, at + 20)}\n${" ".repeat(at - from)}^`;
}

function tokenAt(soql: string, at: number): { token: Token; end: number } {
  for (const [kind, pattern] of KINDS) {
    pattern.lastIndex = at;
    const match = pattern.exec(soql);
    if (match === null) continue;
    const text = kind === "text" ? unescaped(match[1] ?? "") : match[0];
    return { token: { kind, text, at }, end: pattern.lastIndex };
  }
  throw malformed(soql, at, `unexpected token: '${soql.charAt(at)}'`);
}

function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  // LIKE needs its own escapes of % and _: they stay.
  return text.replace(/\\([\s\S])/g, (both, char: string) =>
    char === "%" || char === "_" ? both : (ESCAPES[char] ?? char),
  );
}
