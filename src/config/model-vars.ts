import type { Constant } from "./yaml-file.ts";

/** A `${…}` in SQL: where it starts, and what to say if it cannot be replaced. */
export type SqlTrouble = {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
};

const TOKEN =
  /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$\$\{|\$\{([A-Za-z_][\w-]*):([^}\n]*)\}/g;
const REFERENCE = /(?<!\$)\$\{([A-Za-z_][\w-]*):[^}\n]*\}/;

/**
 * Replaces `${var:name}` in SQL. A number or boolean becomes a literal, a text a quoted literal: never raw SQL. It may not
 * stand within quotes, where it would close them; in comments it is left alone.
 */
export function replaceVars(
  sql: string,
  lookUp: (name: string) => Constant | SqlTrouble,
): { sql: string; troubles: SqlTrouble[] } {
  const troubles: SqlTrouble[] = [];
  if (!sql.includes("${")) return { sql, troubles };
  const replaced = sql.replace(
    TOKEN,
    (token: string, scheme: string | undefined, name: string | undefined, offset: number) => {
      if (token.startsWith("--") || token.startsWith("/*")) return token;
      if (token === "$${") return "${";
      if (scheme === undefined || name === undefined) {
        const inside = REFERENCE.exec(token);
        if (inside !== null) troubles.push(quoted(offset + inside.index, inside[0]));
        return token;
      }
      if (scheme !== "var") {
        const message = `"\${${scheme}:…}" is not available in SQL`;
        troubles.push({
          offset,
          code: "UNKNOWN_REFERENCE",
          message,
          fix: `declare it under vars: in sluice.yml, and write \${var:…}`,
        });
        return token;
      }
      const found = lookUp(name);
      if (!("offset" in found)) {
        const literal = literalOf(found);
        if (literal !== null) return literal;
        const message = `the var "${name}" holds a backslash or a control character`;
        troubles.push({
          offset,
          code: "WRONG_VALUE",
          message,
          fix: "databases read these differently: write the value in the SQL",
        });
      } else troubles.push({ ...found, offset });
      return token;
    },
  );
  return { sql: replaced, troubles };
}

function quoted(offset: number, token: string): SqlTrouble {
  return {
    offset,
    code: "QUOTED_REFERENCE",
    message: `${token} stands within quotes`,
    fix: "leave the quotes out: a text is quoted by itself; || joins texts",
  };
}

/** Negative numbers in brackets: `x-${var:n}` would start a comment otherwise. */
function literalOf(constant: Constant): string | null {
  if (constant.kind !== "text") return constant.text.startsWith("-") ? `(${constant.text})` : constant.text;
  if (/[\\\p{Cc}]/u.test(constant.text)) return null;
  return `'${constant.text.replaceAll("'", "''")}'`;
}
