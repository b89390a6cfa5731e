import { posix } from "node:path";
import type { Problem } from "../contract/fault.ts";
import type { Model } from "../contract/project.ts";
import { hint } from "../core/suggest.ts";
import { MODEL_OTHER_NAMES, modelSchema } from "./model-schema.ts";
import { replaceVars } from "./model-vars.ts";
import { placeOf, problem } from "./problem.ts";
import { readLenient } from "./read-lenient.ts";
import type { Settings } from "./read-settings.ts";
import { positionAt, type TextFile } from "./read-text.ts";
import { NAME, NAME_RULE } from "./schema-parts.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

const OPENING = /^\s*\/\*---/;
const CLOSING = "---*/";

/** Everything but line breaks becomes a space, so that what is left keeps its line and column. */
function blank(text: string): string {
  return text.replace(/[^\r\n]/g, " ");
}

/** Splits a model file into its front matter and its SQL, each as long as the file up to its end. */
function split(source: TextFile): { matter: TextFile; sql: string } | Problem {
  const { file, text } = source;
  const start = { file, line: 1, column: 1 };
  const example = "begin with:  /*---  primary_key: id  ---*/  each on a line of its own";
  if (text.trim() === "") return problem(start, "EMPTY_FILE", "the file is empty", "write a model, or remove the file");
  const opening = OPENING.exec(text)?.[0];
  if (opening === undefined)
    return problem(start, "NO_FRONT_MATTER", "the file does not begin with front matter", example);
  const end = text.indexOf(CLOSING, opening.length);
  if (end < 0) {
    const place = { file, ...positionAt(text, opening.length - 5) };
    return problem(place, "NO_FRONT_MATTER", "the front matter is not closed", "end it with a line ---*/");
  }
  if (text.slice(opening.length, end).trim() === "") {
    return problem(start, "NO_FRONT_MATTER", "the front matter is empty", "it needs at least primary_key: id");
  }
  const rest = end + CLOSING.length;
  return {
    matter: { file, text: blank(opening) + text.slice(opening.length, end) },
    sql: blank(text.slice(0, rest)) + text.slice(rest),
  };
}

/** Reads one file below models/; null, with problems, where it is not sound. */
export function readModel(source: TextFile, settings: Settings | null, problems: Problem[]): Model | null {
  const { file } = source;
  const own: Problem[] = [];
  const name = posix.basename(file).replace(/\.sql$/i, "");
  const start = { file, line: 1, column: 1 };
  if (!NAME.test(name))
    own.push(problem(start, "WRONG_NAME", `"${name}" cannot be the name of a model`, `rename the file: ${NAME_RULE}`));
  const parts = split(source);
  const matter = "sql" in parts ? readYaml(parts.matter) : [parts];
  if (!("sql" in parts) || Array.isArray(matter)) {
    problems.push(...own, ...(Array.isArray(matter) ? matter : []));
    return null;
  }
  const { value, broken } = readLenient(modelSchema, matter, [], own, MODEL_OTHER_NAMES);
  if (value.incremental !== undefined) {
    const place = placeOf(matter, ["incremental"], "key");
    own.push(
      problem(
        place,
        "NOT_YET_AVAILABLE",
        "incremental models are not yet available",
        "remove the key: the model is read whole",
      ),
    );
  }
  const primaryKey = value.primary_key === undefined ? [] : [value.primary_key].flat();
  if (primaryKey.length === 0 && !broken.has("primary_key")) {
    const fix = "name the column, or columns, that name a row: primary_key: id";
    own.push(problem(placeOf(matter, []), "MISSING_KEY", 'missing key "primary_key"', fix));
  }
  for (const column of primaryKey.filter((one, index) => primaryKey.indexOf(one) !== index)) {
    own.push(problem(placeOf(matter, ["primary_key"]), "WRONG_VALUE", `primary_key names "${column}" twice`));
  }
  const connection = broken.has("connection") ? null : connectionOf(matter, value.connection, settings, own);
  const sql = withVars(file, parts.sql, settings, own);
  problems.push(...own);
  if (own.length > 0 || connection === null || settings === null) return null;
  return {
    name,
    connection,
    primaryKey,
    description: value.description ?? null,
    tags: value.tags ?? [],
    timezone: value.timezone ?? settings.connectionTimezones.get(connection) ?? settings.timezone,
    sql,
    source: matter,
  };
}

function connectionOf(
  matter: YamlFile,
  written: string | undefined,
  settings: Settings | null,
  problems: Problem[],
): string | null {
  if (settings === null) return null;
  const warehouses = [...settings.declared]
    .filter(([, { connector }]) => connector?.warehouse != null)
    .map(([name]) => name);
  if (written === undefined) {
    // A connection of unknown type was reported already, and may be the one.
    if ([...settings.declared.values()].some(({ connector }) => connector === null)) return null;
    const [only] = warehouses;
    if (only !== undefined && warehouses.length === 1) return only;
    const message =
      only === undefined
        ? "sluice.yml has no warehouse connection"
        : 'missing key "connection": there are several warehouses';
    const fix = only === undefined ? "add one under connections" : `name one: connection: ${warehouses.join(" | ")}`;
    problems.push(problem(placeOf(matter, []), "MISSING_KEY", message, fix));
    return null;
  }
  const place = placeOf(matter, ["connection"]);
  const declared = settings.declared.get(written);
  if (declared === undefined) {
    const fix = hint(written, settings.declared.keys(), "connections");
    problems.push(problem(place, "UNKNOWN_CONNECTION", `there is no connection "${written}"`, fix));
    return null;
  }
  if (declared.connector !== null && declared.connector.warehouse === null) {
    const message = `connection "${written}" is no warehouse: ${declared.connector.title} cannot run models`;
    problems.push(
      problem(
        place,
        "NOT_A_WAREHOUSE",
        message,
        warehouses.length === 0 ? null : `warehouses: ${warehouses.join(", ")}`,
      ),
    );
    return null;
  }
  return written;
}

function withVars(file: string, sql: string, settings: Settings | null, problems: Problem[]): string {
  if (sql.trim() === "") {
    problems.push(
      problem(
        { file, line: 1, column: 1 },
        "EMPTY_FILE",
        "the file has no SQL after its front matter",
        "write one SELECT",
      ),
    );
    return sql;
  }
  if (settings === null) return sql;
  const vars = settings.scope.vars ?? new Map();
  const replaced = replaceVars(sql, (name) => {
    const found = vars.get(name);
    if (found !== undefined) return found;
    return {
      offset: 0,
      code: "UNKNOWN_VAR",
      message: `there is no var "${name}"`,
      fix: hint(name, vars.keys(), "vars"),
    };
  });
  for (const trouble of replaced.troubles) {
    problems.push(problem({ file, ...positionAt(sql, trouble.offset) }, trouble.code, trouble.message, trouble.fix));
  }
  return replaced.sql;
}
