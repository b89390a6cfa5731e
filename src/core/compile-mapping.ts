import type { FieldInfo, ObjectInfo } from "../contract/destination.ts";
import type { Problem } from "../contract/fault.ts";
import type { CompiledField, CompiledMapping, CompiledMatch } from "../contract/mapping.ts";
import type { FieldMapping, Model, Sync } from "../contract/project.ts";
import type { Column, FieldType } from "../contract/value.ts";
import { suggest } from "./suggest.ts";

export type CompileInput = {
  readonly sync: Sync;
  readonly model: Model;
  readonly columns: readonly Column[];
  readonly object: ObjectInfo;
  readonly timezone: string | null;
};

type Report = (path: readonly (string | number)[], code: string, message: string, fix: string | null) => void;

/**
 * Model columns × described fields → what to send, or every reason why not. Nothing has been sent when it speaks.
 * Unknown columns are the config's affair (check-columns.ts) and must have been refused before.
 */
export function compileMapping(input: CompileInput): { mapping: CompiledMapping | null; problems: Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (path, code, message, fix) => {
    const position = input.sync.source.locate(path);
    problems.push({ severity: "error", file: input.sync.source.file, ...position, code, message, fix });
  };
  const columns = new Map(input.columns.map((column) => [column.name, column]));
  const fields = input.sync.fields.map((mapping) => compileField(input, mapping, columns, report));
  const match = compileMatch(input, columns, report);
  checkTogether(input, report);
  checkRemoval(input, report);
  const primaryKey = input.model.primaryKey.map((name) => columns.get(name)).filter((column) => column !== undefined);
  if (problems.length > 0) return { mapping: null, problems };
  const known = fields.filter((field) => field !== null);
  return {
    mapping: {
      primaryKey,
      fields: withMatchKey(known, match[0] ?? [], input.object),
      match,
      sendTogether: input.sync.sendTogether,
    },
    problems,
  };
}

/** The first match entry is written to every new and adopted record, mapped or not. */
function withMatchKey(
  fields: readonly CompiledField[],
  entry: readonly CompiledMatch[],
  object: ObjectInfo,
): CompiledField[] {
  const names = new Set(fields.map((field) => field.field));
  const missing = entry.filter((part) => !names.has(part.field));
  return [
    ...fields,
    ...missing.map(
      (part): CompiledField => ({
        field: part.field,
        type: object.fields.get(part.field)?.type ?? "text",
        from: { column: part.column },
        timezone: null,
        options: null,
        maxLength: null,
        onNull: "skip",
        onBlank: "as_null",
      }),
    ),
  ];
}

function fieldOf(input: CompileInput, name: string, path: readonly (string | number)[], report: Report) {
  const info = input.object.fields.get(name);
  if (info !== undefined) return info;
  const hint = suggest(name, [...input.object.fields.keys()]);
  report(
    path,
    "UNKNOWN_FIELD",
    `${input.object.object} has no property "${name}"${hint === null ? "" : ` — did you mean "${hint}"?`}`,
    `create it in the destination or correct the name; a property that the token may not see looks unknown too`,
  );
  return null;
}

function compileField(
  input: CompileInput,
  mapping: FieldMapping,
  columns: ReadonlyMap<string, Column>,
  report: Report,
): CompiledField | null {
  const path = ["fields", mapping.field];
  const info = fieldOf(input, mapping.field, path, report);
  if (info === null) return null;
  if (!info.writable) {
    report(path, "READ_ONLY_FIELD", `property "${mapping.field}" is read-only`, "remove it from fields");
    return null;
  }
  const common = { field: mapping.field, type: info.type, onNull: mapping.onNull, onBlank: mapping.onBlank };
  const limits = { options: info.options, maxLength: info.maxLength, timezone: input.timezone };
  if ("value" in mapping.from) {
    const trouble = constantTrouble(mapping.from.value, info);
    if (trouble !== null) report([...path, "value"], trouble.code, trouble.message, trouble.fix);
    return { ...common, ...limits, from: mapping.from };
  }
  const column = columns.get(mapping.from.column);
  if (column === undefined) return null;
  const trouble = columnTrouble(column, info, input.timezone);
  if (trouble !== null) {
    report(path, trouble.code, trouble.message, trouble.fix);
    return null;
  }
  return { ...common, ...limits, from: { column } };
}

type Trouble = { code: string; message: string; fix: string };

const NUMERIC = ["integer", "decimal", "float"];

/** Whether values of this column can become values of that field at all; single values are checked row by row. */
function columnTrouble(column: Column, info: FieldInfo, timezone: string | null): Trouble | null {
  const allowed: Readonly<Record<FieldType, readonly string[]>> = {
    text: ["boolean", "integer", "decimal", "float", "text", "date", "timestamp", "json", "binary"],
    number: [...NUMERIC, "text"],
    boolean: ["boolean", "text"],
    date: ["date", "timestamp", "text"],
    timestamp: ["timestamp", "text"],
    option: ["text", "integer", "boolean"],
    set: column.isList ? ["json"] : ["text", "integer"],
    reference: ["text", "integer"],
  };
  if (!allowed[info.type].includes(column.type)) {
    return {
      code: "WRONG_TYPE",
      message: `column "${column.name}" is ${column.nativeType}; property "${info.name}" takes ${info.vendorType}`,
      fix: `cast the column in the model's SQL to one of: ${allowed[info.type].join(", ")}`,
    };
  }
  const needsZone = column.type === "timestamp" && (info.type === "date" || !column.zoned);
  if (needsZone && timezone === null) {
    return {
      code: "TIMEZONE_NEEDED",
      message: `column "${column.name}" is ${column.nativeType}: whose ${info.type === "date" ? "day" : "clock"} is meant?`,
      fix: "set timezone: on the model or the project",
    };
  }
  return null;
}

function constantTrouble(value: string, info: FieldInfo): Trouble | null {
  const wrong = (message: string, fix: string): Trouble => ({ code: "WRONG_VALUE", message, fix });
  if (info.options !== null && (info.type === "option" || info.type === "set")) {
    const unknown = (info.type === "set" ? value.split(";") : [value]).find((part) => !info.options?.includes(part));
    if (unknown === undefined) return null;
    const hint = suggest(unknown, [...info.options]);
    return {
      code: "UNKNOWN_OPTION",
      message: `property "${info.name}" has no option "${unknown}"${hint === null ? "" : ` — did you mean "${hint}"?`}`,
      fix: `use one of: ${info.options.slice(0, 12).join(", ")}`,
    };
  }
  if (info.type === "number" && (value.trim() === "" || !Number.isFinite(Number(value))))
    return wrong(`"${value}" is no number`, `property "${info.name}" takes ${info.vendorType}`);
  if (info.type === "boolean" && value !== "true" && value !== "false")
    return wrong(`"${value}" is neither true nor false`, `property "${info.name}" takes ${info.vendorType}`);
  if (info.type === "date" && !/^\d{4}-\d{2}-\d{2}$/.test(value))
    return wrong(`"${value}" is no date`, "write it as YYYY-MM-DD");
  return null;
}

function compileMatch(
  input: CompileInput,
  columns: ReadonlyMap<string, Column>,
  report: Report,
): (readonly CompiledMatch[])[] {
  return input.sync.match.map((entry, index) =>
    entry.flatMap((part) => {
      // `match` may be a single map, sugar for one entry: locate falls back to the nearest parent that is written out.
      const path = ["match", index, part.field];
      const info = fieldOf(input, part.field, path, report);
      const column = columns.get(part.column);
      if (info === null || column === undefined) return [];
      if (index === 0 && entry.length === 1 && !info.unique) {
        const unique = [...input.object.fields.values()].filter((field) => field.unique && field.writable);
        report(
          path,
          "NOT_UNIQUE",
          `property "${part.field}" is not unique in ${input.object.object}, so records cannot be matched by it`,
          unique.length === 0
            ? "create a property with unique values and use it as the first match entry"
            : `use a unique one: ${unique.map((field) => field.name).join(", ")}`,
        );
      }
      if (entry.length > 1)
        report(
          path,
          "NOT_YET_AVAILABLE",
          "a match entry of several fields is not yet available",
          "match by one unique property",
        );
      else if (index > 0 && !info.unique)
        report(
          path,
          "NOT_YET_AVAILABLE",
          `property "${part.field}" is not unique; matching by such a property is not yet available`,
          "use a unique property in every match entry",
        );
      return [{ field: part.field, column, matchForm: info.matchForm }];
    }),
  );
}

function checkTogether(input: CompileInput, report: Report): void {
  const mapped = new Set(input.sync.fields.map((mapping) => mapping.field));
  input.sync.sendTogether.forEach((group, index) => {
    for (const field of group.filter((name) => !mapped.has(name)))
      report(["send_together", index], "UNKNOWN_FIELD", `send_together names "${field}", which is not mapped`, null);
  });
}

function checkRemoval(input: CompileInput, report: Report): void {
  for (const [key, removal] of [
    ["on_removed", input.sync.onRemoved],
    ["on_removed_adopted", input.sync.onRemovedAdopted],
  ] as const) {
    if (removal.kind !== "set") continue;
    for (const [field, value] of Object.entries(removal.fields)) {
      const path = [key, "set", field];
      const info = fieldOf(input, field, path, report);
      if (info === null) continue;
      if (!info.writable) report(path, "READ_ONLY_FIELD", `property "${field}" is read-only`, "choose another");
      const trouble = constantTrouble(value, info);
      if (trouble !== null) report(path, trouble.code, trouble.message, trouble.fix);
    }
  }
}
