// Proves that a var in SQL is always a literal: it can neither close a quote nor start a comment.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replaceVars } from "../../../src/config/model-vars.ts";
import type { Constant } from "../../../src/config/yaml-file.ts";

const VARS: Readonly<Record<string, Constant>> = {
  n: { kind: "number", text: "90071992547409931" },
  minus: { kind: "number", text: "-1" },
  yes: { kind: "boolean", text: "true" },
  name: { kind: "text", text: "O'Brien; --" },
  path: { kind: "text", text: "a\\b" },
};

const run = (sql: string) =>
  replaceVars(sql, (name) => VARS[name] ?? { offset: 0, code: "UNKNOWN_VAR", message: name, fix: null });

describe("replaceVars", () => {
  it.each([
    ["a > ${var:n}", "a > 90071992547409931"],
    ["a-${var:minus}", "a-(-1)"],
    ["b = ${var:yes}", "b = true"],
    ["c = ${var:name}", "c = 'O''Brien; --'"],
    ["'it''s' || ${var:n}", "'it''s' || 90071992547409931"],
    ["-- ${var:n}\n${var:n}", "-- ${var:n}\n90071992547409931"],
    ["/* ' ${var:n} */ ${var:n}", "/* ' ${var:n} */ 90071992547409931"],
    ["$${var:n}", "${var:n}"],
    ["'a' || '$${b}'", "'a' || '$${b}'"],
    ["select ${x}", "select ${x}"],
  ])("%s", (sql, wanted) => {
    expect(run(sql)).toEqual({ sql: wanted, troubles: [] });
  });

  it.each([
    ["'${var:n}'", "QUOTED_REFERENCE", 1],
    ['x "a${var:n}"', "QUOTED_REFERENCE", 4],
    ["'open ${var:n}", "QUOTED_REFERENCE", 6],
    ["${env:n}", "UNKNOWN_REFERENCE", 0],
    ["1 ${var:none}", "UNKNOWN_VAR", 2],
    ["${var:path}", "WRONG_VALUE", 0],
  ])("%s is refused", (sql, code, offset) => {
    expect(run(sql).troubles).toEqual([expect.objectContaining({ code, offset })]);
    expect(run(sql).sql).toBe(sql);
  });

  it("leaves every quote of a text inside its literal", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { sql, troubles } = replaceVars("${var:x}", () => ({ kind: "text", text }));
        if (troubles.length === 0) expect(sql).toMatch(/^'(?:[^']|'')*'$/);
      }),
    );
  });
});
