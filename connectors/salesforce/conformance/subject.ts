import type { Clock } from "../../../src/contract/clock.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { type Json, record, records, text } from "../../../src/kit/json.ts";
import type { Org, OrgAnswer } from "./org.ts";
import { isRequired, MARK, sampleValue } from "./sample-value.ts";
import { rowsOf, words } from "./seen.ts";

/** One object of an org, and the calls that the probes make of it. All of them say `allOrNone: false`. */
export interface Subject {
  readonly org: Org;
  readonly object: string;
  readonly fields: ReadonlyMap<string, Json>;
  /** The text field that shows whose the record is. */
  readonly mark: string;
  /** A record to be sent: marked, with what every record needs, and with `values`. */
  row(values?: object): Record<string, unknown>;
  /** Records that come back are remembered for the cleaning. */
  create(rows: readonly object[], signal: AbortSignal): Promise<OrgAnswer>;
  /** Rows name their record by `id`. */
  update(rows: readonly object[], signal: AbortSignal): Promise<OrgAnswer>;
  upsert(key: string, rows: readonly object[], signal: AbortSignal): Promise<OrgAnswer>;
  /** `SELECT {fields} FROM {object} WHERE {condition}`; with deleted records where asked for. */
  find(fields: string, condition: string, signal: AbortSignal, call?: "query" | "queryAll"): Promise<OrgAnswer>;
  /** Id of a new record. Faults: DESTINATION_REFUSED. */
  makeOne(signal: AbortSignal, values?: object): Promise<string>;
}

/** Describes the object; writes nothing. Faults: DESTINATION_REFUSED where no record can be made of it. */
export async function openSubject(org: Org, clock: Clock, name: string, signal: AbortSignal): Promise<Subject> {
  const described = await org.call("GET", `/sobjects/${encodeURIComponent(name)}/describe`, signal);
  const about = record(described.body);
  const object = text(about?.name);
  if (described.status >= 300 || object === null)
    throw new Fault("DESTINATION_REFUSED", `${org.label} does not describe ${name}: ${words(described)}`, {
      fix: "name an object that the integration user may see, by its API name",
    });
  if (about?.createable !== true || about.deletable !== true)
    throw new Fault("DESTINATION_REFUSED", `the integration user may not make and delete records of ${object}`, {
      fix: "give the user create and delete on the object, or try another object; users, for one, cannot be deleted",
    });
  const fields = new Map(records(about?.fields).map((field) => [text(field.name) ?? "", field]));
  const mark = markOf(object, fields);
  const required = [...fields].filter(([field, it]) => field !== mark && isRequired(it));
  const template = () => required.map(([field, it]) => [field, sampleValue(it, org.unique, clock.now())] as const);
  const missing = template().flatMap(([field, value]) => (value === undefined ? [field] : []));
  if (missing.length > 0)
    throw new Fault("DESTINATION_REFUSED", `no ${object} can be made up: it needs ${missing.join(", ")}`, {
      fix: "try an object whose required fields are texts, options, dates or numbers",
    });
  const row = (values: object = {}) => ({
    attributes: { type: object },
    ...Object.fromEntries(template()),
    [mark]: MARK,
    ...values,
  });
  return { org, object, fields, mark, row, ...callsOf(org, object, row) };
}

function callsOf(org: Org, object: string, row: Subject["row"]) {
  const write = async (method: string, path: string, rows: readonly object[], signal: AbortSignal) => {
    const answer = await org.call(method, `/composite/sobjects${path}`, signal, { allOrNone: false, records: rows });
    for (const { success, id } of rowsOf(answer)) if (success === true) org.made.add(String(id));
    return answer;
  };
  const create: Subject["create"] = (rows, signal) => write("POST", "", rows, signal);
  return {
    create,
    update: (rows: readonly object[], signal: AbortSignal) => {
      const sent = rows.map((values) => ({ attributes: { type: object }, ...values }));
      return org.call("PATCH", "/composite/sobjects", signal, { allOrNone: false, records: sent });
    },
    upsert: (key: string, rows: readonly object[], signal: AbortSignal) =>
      write("PATCH", `/${object}/${key}`, rows, signal),
    find: (fields: string, condition: string, signal: AbortSignal, call = "query") => {
      const soql = `SELECT ${fields} FROM ${object} WHERE ${condition}`;
      return org.call("GET", `/${call}?q=${encodeURIComponent(soql)}`, signal);
    },
    makeOne: async (signal: AbortSignal, values: object = {}) => {
      const answer = await create([row(values)], signal);
      const id = text(rowsOf(answer).find(({ success }) => success === true)?.id);
      if (id !== null) return id;
      throw new Fault("DESTINATION_REFUSED", `no ${object} can be made: ${words(answer)}`, {
        fix: "give the integration user what is missing, or try an org without the rule that refuses it",
      });
    },
  };
}

/** Collections delete; each id with its own result. */
export function remove(org: Org, ids: readonly string[], signal: AbortSignal): Promise<OrgAnswer> {
  return org.call("DELETE", `/composite/sobjects?ids=${ids.join(",")}&allOrNone=false`, signal);
}

/** The last name of people, else the name, else the first text that a person sees. */
function markOf(object: string, fields: ReadonlyMap<string, Json>): string {
  const isFit = ({ createable, updateable, type, unique, length }: Json) =>
    createable === true && updateable === true && type === "string" && unique !== true && Number(length) >= 40;
  const names = [...fields.values()].filter(isFit);
  const own = names.find(({ nameField }) => nameField === true) ?? names.find(({ name }) => name === "LastName");
  const mark = text((own ?? names.find(({ name }) => name === "Subject") ?? names[0])?.name);
  if (mark !== null) return mark;
  throw new Fault("DESTINATION_REFUSED", `${object} has no text field by which our records could be told`, {
    fix: "try another object",
  });
}
