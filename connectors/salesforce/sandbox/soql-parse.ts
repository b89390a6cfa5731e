import { type Condition, type Literal, OPERATORS, type Operator, type Order, type Query } from "./soql-query.ts";
import { malformed, soqlTokens, type Token } from "./soql-tokens.ts";

const AFTER_FROM = ["WHERE", "ORDER", "LIMIT", "OFFSET", "USING", "WITH", "GROUP", "FOR"];

/** Reads the part of SOQL that syncs use. Throws a SoqlTrouble MALFORMED_QUERY. */
export function parseSoql(soql: string): Query {
  const source = tokenSource(soql);
  const { is, take, expect, name } = source;
  expect("SELECT");
  const select = selected(source);
  expect("FROM");
  const from = name();
  if (is("AS")) take();
  const next = source.peek();
  const alias = next.kind === "name" && !AFTER_FROM.includes(next.text.toUpperCase()) ? name() : null;
  let where: Condition | null = null;
  if (is("WHERE")) {
    take();
    where = conditions(source);
  }
  const orders: Order[] = [];
  if (is("ORDER")) {
    take();
    expect("BY");
    do orders.push(order(source));
    while (source.took(","));
  }
  const limit = count(source, "LIMIT");
  const offset = count(source, "OFFSET") ?? 0;
  if (source.peek().kind !== "end") source.fail();
  return { select, from, alias, where, orders, limit, offset };
}

type Source = ReturnType<typeof tokenSource>;

function tokenSource(soql: string) {
  const tokens = soqlTokens(soql);
  let place = 0;
  const end: Token = { kind: "end", text: "<EOF>", at: soql.length };
  const peek = (ahead = 0): Token => tokens[place + ahead] ?? end;

  function fail(why = `unexpected token: '${peek().text}'`): never {
    throw malformed(soql, peek().at, why);
  }
  function take(): Token {
    const token = peek();
    place++;
    return token;
  }
  /** Keywords and signs; in names of fields case does not matter either, but keywords cannot be texts. */
  function is(word: string, ahead = 0): boolean {
    const { kind, text } = peek(ahead);
    return (kind === "name" || kind === "sign") && text.toUpperCase() === word;
  }
  function took(word: string): boolean {
    if (!is(word)) return false;
    place++;
    return true;
  }
  function expect(word: string): void {
    if (!took(word)) fail();
  }
  function name(): string {
    return peek().kind === "name" ? take().text : fail();
  }
  return { peek, take, is, took, expect, name, fail };
}

function selected(source: Source): string[] | null {
  if (source.is("COUNT") && source.is("(", 1) && source.is(")", 2)) {
    for (let part = 0; part < 3; part++) source.take();
    return null;
  }
  const paths: string[] = [];
  do paths.push(source.name());
  while (source.took(","));
  return paths;
}

/** AND and OR must not stand side by side without parentheses. */
function conditions(source: Source): Condition {
  const parts = [condition(source)];
  const word = source.is("AND") ? "AND" : source.is("OR") ? "OR" : null;
  if (word === null) return parts[0] as Condition;
  while (source.took(word)) parts.push(condition(source));
  if (source.is("AND") || source.is("OR")) source.fail();
  return { kind: word === "AND" ? "and" : "or", parts };
}

function condition(source: Source): Condition {
  if (source.is("NOT")) {
    source.take();
    return { kind: "not", part: condition(source) };
  }
  if (source.took("(")) {
    const inner = conditions(source);
    source.expect(")");
    return inner;
  }
  const path = source.name();
  if (source.took("NOT")) {
    source.expect("IN");
    return { kind: "in", path, isNot: true, values: list(source) };
  }
  if (source.took("IN")) return { kind: "in", path, isNot: false, values: list(source) };
  const operator = operatorOf(source);
  return { kind: "compare", path, operator, value: literal(source) };
}

function operatorOf(source: Source): Operator {
  const text = source.peek().text.toUpperCase();
  const written = text === "<>" ? "!=" : text;
  const operator = OPERATORS.find((one) => one === written);
  if (operator === undefined || source.peek().kind === "text") return source.fail();
  source.take();
  return operator;
}

function list(source: Source): Literal[] {
  source.expect("(");
  const values: Literal[] = [];
  do values.push(literal(source));
  while (source.took(","));
  source.expect(")");
  return values;
}

function literal(source: Source): Literal {
  const { kind, text } = source.peek();
  switch (kind) {
    case "text":
    case "date":
    case "datetime":
      source.take();
      return { kind, value: text };
    case "number":
      source.take();
      return { kind, value: Number(text) };
    case "name":
      return word(source, text.toUpperCase());
    default:
      return source.fail();
  }
}

function word(source: Source, text: string): Literal {
  if (text !== "TRUE" && text !== "FALSE" && text !== "NULL") return source.fail();
  source.take();
  return text === "NULL" ? { kind: "null", value: null } : { kind: "boolean", value: text === "TRUE" };
}

function order(source: Source): Order {
  const path = source.name();
  const isDown = source.is("DESC");
  if (isDown || source.is("ASC")) source.take();
  let nullsLast = false;
  if (source.took("NULLS")) {
    nullsLast = source.is("LAST");
    if (!nullsLast && !source.is("FIRST")) source.fail();
    source.take();
  }
  return { path, isDown, nullsLast };
}

function count(source: Source, keyword: string): number | null {
  if (!source.took(keyword)) return null;
  const { kind, text } = source.peek();
  const number = Number(text);
  if (kind !== "number" || !Number.isInteger(number) || number < 0) return source.fail();
  source.take();
  return number;
}
