import type { RemoteField, RemoteObject } from "../contract/destination.ts";
import type { Problem } from "../contract/fault.ts";
import type { CompiledField, CompiledMapping, CompiledMatch } from "../contract/mapping.ts";
import type { FieldMapping, Model, Removal, Sync } from "../contract/project.ts";
import type { Column, FieldType } from "../contract/value.ts";
import { suggest } from "./suggest.ts";

export type CompileInput = {
  readonly sync: Sync;
  readonly model: Model;
  readonly columns: readonly Column[];
  readonly object: RemoteObject;
  readonly timezone: string | null;
};

type Path = readonly (string | number)[];
type Report = (path: Path, code: string, message: string, fix: string | null, severity?: Problem["severity"]) => void;

/**
 * Model columns × described fields → what to send, or every reason why not; a sound mapping may have warnings. Nothing has been sent when it speaks.
 * Unknown columns are the config's affair (check-columns.ts): they are passed over here, and refused beside these problems.
 */
export function compileMapping(input: CompileInput): { mapping: CompiledMapping | null; problems: Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (path, code, message, fix, severity = "error") => {
    const position = input.sync.source.locate(path);
    problems.push({ severity, file: input.sync.source.file, ...position, code, message, fix });
  };
  const columns = new Map(input.columns.map((column) => [column.name, column]));
  const compile = (mapping: FieldMapping, path: Path) => compileField(input, mapping, path, columns, report);
  const fields = input.sync.fields.map((mapping) => compile(mapping, ["fields", mapping.field]));
  fields.push(...matchKey(input).map((mapping) => compile(mapping, ["match", 0, mapping.field])));
  const compiled = fields.filter((field) => field !== null);
  const match = compileMatch(input, columns, report);
  checkRequired(input, report);
  checkTogether(input, report);
  checkRemoval(input, report);
  const primaryKey = input.model.primaryKey.map((name) => columns.get(name)).filter((column) => column !== undefined);
  if (problems.some(({ severity }) => severity === "error")) return { mapping: null, problems };
  return {
    mapping: {
      primaryKey,
      fields: compiled.map((field) => withDependence(field, input.object, compiled)),
      match,
      sendTogether: input.sync.sendTogether,
    },
    problems,
  };
}

/** The first match entry is written to every new and adopted record, mapped or not, where the destination takes it. */
function matchKey({ sync, object }: CompileInput): FieldMapping[] {
  const mapped = new Set(sync.fields.map((mapping) => mapping.field));
  return (sync.match[0] ?? [])
    .filter((part) => !mapped.has(part.field) && isWritable(object.fields.get(part.field)))
    .map(({ field, column }) => ({ field, from: { column }, onNull: "skip", onBlank: "as_null" }));
}

function isWritable(field: RemoteField | undefined): boolean {
  return field !== undefined && (field.creatable || field.updatable);
}

/** Whether the sync may make records. */
function makesRecords(sync: Sync): boolean {
  return sync.write !== "update";
}

/** Fields without which the destination makes no record. */
function checkRequired({ sync, object }: CompileInput, report: Report): void {
  if (!makesRecords(sync)) return;
  const given = new Set([...sync.fields, ...(sync.match[0] ?? [])].map((part) => part.field));
  for (const { name, required, creatable } of object.fields.values()) {
    if (!required || !creatable || given.has(name)) continue;
    const message = `${object.object} takes no new record without "${name}", which fields does not map`;
    report(["fields"], "REQUIRED_FIELD", message, "map it, or use write: update");
  }
}

function fieldOf(input: CompileInput, name: string, path: Path, report: Report) {
  const info = input.object.fields.get(name);
  if (info !== undefined) return info;
  const near = suggest(name, input.object.fields.keys());
  report(
    path,
    "UNKNOWN_FIELD",
    `${input.object.object} has no field "${name}"`,
    near === null
      ? "create it in the destination or correct the name; a field that the credentials may not see looks unknown too"
      : `did you mean "${near}"? A field that the credentials may not see looks unknown too`,
  );
  return null;
}

function compileField(
  input: CompileInput,
  mapping: FieldMapping,
  path: Path,
  columns: ReadonlyMap<string, Column>,
  report: Report,
): CompiledField | null {
  const info = fieldOf(input, mapping.field, path, report);
  if (info === null) return null;
  const trouble = writeTrouble(info, input.sync);
  if (trouble !== null) {
    report(path, trouble.code, trouble.message, trouble.fix);
    return null;
  }
  const common = { field: mapping.field, type: info.type, onNull: mapping.onNull, onBlank: mapping.onBlank };
  const constants = constantsOf(input.sync);
  const { options } = settledOptions(info, constants);
  const limits = { options, maxLength: info.maxLength, timezone: input.timezone };
  if ("value" in mapping.from) {
    const wrong = constantTrouble(mapping.from.value, info, constants);
    if (wrong !== null) report([...path, "value"], wrong.code, wrong.message, wrong.fix);
    return { ...common, ...limits, from: mapping.from };
  }
  const column = columns.get(mapping.from.column);
  if (column === undefined) return null;
  const unfit = columnTrouble(column, info, input.timezone);
  if (unfit !== null) {
    report(path, unfit.code, unfit.message, unfit.fix);
    return null;
  }
  return { ...common, ...limits, from: { column } };
}

type Constants = ReadonlyMap<string, string>;

/** Fields that have one value in all rows of the sync. */
function constantsOf(sync: Sync): Constants {
  return new Map(sync.fields.flatMap(({ field, from }) => ("value" in from ? [[field, from.value]] : [])));
}

/** The options that are known without looking at a row; `where` says, for messages, what they hang on. */
function settledOptions(info: RemoteField, constants: Constants) {
  const { options } = info;
  if (options === null || !("field" in options)) return { options, where: "" };
  const value = constants.get(options.field);
  const known = options.when.find((one) => one.value === value);
  if (known === undefined) return { options: options.all, where: "" };
  return { options: known.options, where: ` where ${options.field} is "${known.value}"` };
}

/** Options that a column decides about are looked up row by row. */
function withDependence(field: CompiledField, object: RemoteObject, fields: readonly CompiledField[]): CompiledField {
  const options = object.fields.get(field.field)?.options ?? null;
  if (options === null || !("field" in options)) return field;
  const by = fields.find((one) => one.field === options.field);
  if (by === undefined || "value" in by.from) return field;
  return { ...field, options: { by, when: options.when, all: options.all } };
}

type Trouble = { code: string; message: string; fix: string };

function writeTrouble(info: RemoteField, sync: Sync): Trouble | null {
  const field = `field "${info.name}"`;
  if (!isWritable(info))
    return { code: "READ_ONLY_FIELD", message: `${field} is read-only`, fix: "remove it from fields" };
  if (!info.updatable && sync.write !== "insert")
    return {
      code: "CREATE_ONLY_FIELD",
      message: `${field} can be given when a record is made and never changed`,
      fix: "remove it from fields, or use write: insert",
    };
  return null;
}

const NUMERIC = ["integer", "decimal", "float"];

/** Whether values of this column can become values of that field at all; single values are checked row by row. */
function columnTrouble(column: Column, info: RemoteField, timezone: string | null): Trouble | null {
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
      message: `column "${column.name}" is ${column.nativeType}; field "${info.name}" takes ${info.vendorType}`,
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

function constantTrouble(value: string, info: RemoteField, constants: Constants): Trouble | null {
  const wrong = (message: string, fix: string): Trouble => ({ code: "WRONG_VALUE", message, fix });
  if (info.type === "option" || info.type === "set") {
    const { options, where } = settledOptions(info, constants);
    const unknown = (info.type === "set" ? value.split(";") : [value]).find(
      (part) => options?.includes(part) === false,
    );
    if (unknown === undefined || options === null) return null;
    const near = suggest(unknown, options);
    const use = options.length === 0 ? "remove it from fields" : `use one of: ${options.slice(0, 12).join(", ")}`;
    return {
      code: "UNKNOWN_OPTION",
      message: `field "${info.name}" has no option "${unknown}"${where}`,
      fix: near === null ? use : `did you mean "${near}"? Otherwise ${use}`,
    };
  }
  if (info.type === "number" && (value.trim() === "" || !Number.isFinite(Number(value))))
    return wrong(`"${value}" is no number`, `field "${info.name}" takes ${info.vendorType}`);
  if (info.type === "boolean" && value !== "true" && value !== "false")
    return wrong(`"${value}" is neither true nor false`, `field "${info.name}" takes ${info.vendorType}`);
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
      if (index === 0) checkFirst(input, info, path, report);
      else if (!info.findable)
        report(path, "NOT_FINDABLE", `records cannot be looked up by field "${part.field}"`, "match by another field");
      return [{ field: part.field, column, matchForm: info.matchForm }];
    }),
  );
}

/** The first entry is the key of new records: nobody else may have its value, and it must be writable. */
function checkFirst({ sync, object }: CompileInput, info: RemoteField, path: Path, report: Report): void {
  const isKey = (field: RemoteField): boolean => field.upsertKey || (sync.write !== "upsert" && field.unique);
  const fit = [...object.fields.values()].filter((field) => isKey(field) && field.creatable).map((field) => field.name);
  const use = `use a unique one: ${fit.join(", ")}`;
  if (!isKey(info)) {
    const message = `field "${info.name}" is not unique in ${object.object}, so records cannot be matched by it`;
    const make = "create a field with unique values and use it as the first match entry";
    report(path, "NOT_UNIQUE", message, fit.length === 0 ? make : use);
  } else if (!info.unique) {
    const message = `${object.object} may have several records with one "${info.name}": rows that meet such are refused`;
    const others = fit.filter((name) => object.fields.get(name)?.unique === true);
    const keys = others.length === 0 ? "a unique external id" : others.join(" or ");
    report(
      path,
      "KEY_NOT_UNIQUE",
      message,
      `use ${keys} as the first match entry, and this one as a later one`,
      "warning",
    );
  } else if (!info.creatable && makesRecords(sync)) {
    const message = `field "${info.name}" is read-only: new records cannot be given it, as write: ${sync.write} does`;
    report(path, "READ_ONLY_FIELD", message, `use write: update${fit.length === 0 ? "" : `, or ${use}`}`);
  }
}

function checkTogether(input: CompileInput, report: Report): void {
  const mapped = new Set(input.sync.fields.map((mapping) => mapping.field));
  input.sync.sendTogether.forEach((group, index) => {
    for (const field of group.filter((name) => !mapped.has(name)))
      report(["send_together", index], "UNKNOWN_FIELD", `send_together names "${field}", which is not mapped`, null);
  });
}

/** Whoever takes an account away takes its contacts along: that must be said (S12). */
function checkCascade({ sync, object }: CompileInput, key: string, removal: Removal, report: Report): void {
  const takesAway = removal.kind === "archive" || removal.kind === "delete";
  if (!takesAway || sync.allowCascade || object.children.length === 0) return;
  const message = `${key}: ${removal.kind} of ${object.object} takes others along: ${object.children.join(", ")}`;
  report([key], "CASCADE_REFUSED", message, "use clear or { set: … }, or say allow_cascade: true");
}

function checkRemoval(input: CompileInput, report: Report): void {
  for (const [key, removal] of [
    ["on_removed", input.sync.onRemoved],
    ["on_removed_adopted", input.sync.onRemovedAdopted],
  ] as const) {
    // Not said, it is what on_removed is: one problem, at the place that is written.
    const isDefault = key === "on_removed_adopted" && removal === input.sync.onRemoved;
    if (!isDefault) checkCascade(input, key, removal, report);
    if (removal.kind !== "set" || isDefault) continue;
    const constants = new Map([...constantsOf(input.sync), ...Object.entries(removal.fields)]);
    for (const [field, value] of Object.entries(removal.fields)) {
      const path = [key, "set", field];
      const info = fieldOf(input, field, path, report);
      if (info === null) continue;
      if (!info.updatable) report(path, "READ_ONLY_FIELD", `field "${field}" is read-only`, "choose another");
      const trouble = constantTrouble(value, info, constants);
      if (trouble !== null) report(path, trouble.code, trouble.message, trouble.fix);
    }
  }
}
