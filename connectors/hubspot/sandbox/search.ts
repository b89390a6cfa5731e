import type { Answer } from "../../../src/kit/sandbox/call.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Portal } from "./portal.ts";
import { recordAnswer } from "./record-answer.ts";
import { invalid, isRefusal, type Refusal } from "./refusal.ts";
import type { StoredRecord, Values } from "./stored-record.ts";

const MAX_PAGE = 200;
const DEFAULT_PAGE = 10;
/** HubSpot pages no further through one search. */
const MAX_RESULTS = 10_000;

type Filter = {
  readonly propertyName: string;
  readonly operator: string;
  readonly value: string;
  readonly highValue: string;
  readonly values: readonly string[];
};

const OPERATORS: Readonly<Record<string, (have: string | null, filter: Filter) => boolean>> = {
  EQ: (have, { value }) => have !== null && same(have, value),
  NEQ: (have, { value }) => have === null || !same(have, value),
  IN: (have, { values }) => have !== null && values.some((value) => same(have, value)),
  NOT_IN: (have, { values }) => have === null || !values.some((value) => same(have, value)),
  HAS_PROPERTY: (have) => have !== null,
  NOT_HAS_PROPERTY: (have) => have === null,
  LT: (have, { value }) => have !== null && compare(have, value) < 0,
  LTE: (have, { value }) => have !== null && compare(have, value) <= 0,
  GT: (have, { value }) => have !== null && compare(have, value) > 0,
  GTE: (have, { value }) => have !== null && compare(have, value) >= 0,
  BETWEEN: (have, { value, highValue }) => have !== null && compare(have, value) >= 0 && compare(have, highValue) <= 0,
  CONTAINS_TOKEN: (have, { value }) => have !== null && containsToken(have, value),
  NOT_CONTAINS_TOKEN: (have, { value }) => have === null || !containsToken(have, value),
};

/** `POST /crm/v3/objects/{type}/search`: sees each record as the index knew it, which is behind the records. */
export function searchCall(portal: Portal, store: ObjectStore, body: unknown): Answer | Refusal {
  const asked = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const limit = Number(asked.limit ?? DEFAULT_PAGE);
  const after = Number(asked.after ?? 0);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) return invalid(`limit must be from 1 to ${MAX_PAGE}`);
  if (!Number.isInteger(after) || after < 0) return invalid(`after "${String(asked.after)}" is no cursor`);
  if (after + limit > MAX_RESULTS) {
    return invalid(`The search can page through ${MAX_RESULTS} results; after ${after} with limit ${limit} is beyond`);
  }
  const groups = filterGroups(asked, store);
  if (isRefusal(groups)) return groups;
  const nowMs = portal.clock.monotonicMs();
  const matching: { record: StoredRecord; values: Values }[] = [];
  for (const record of store.records) {
    const values = record.archivedAt !== null ? null : nowMs >= record.indexedAtMs ? record.properties : record.indexed;
    if (values !== null && matches(values, groups, asked.query)) matching.push({ record, values });
  }
  sort(matching, asked.sorts);
  const names = Array.isArray(asked.properties) ? asked.properties.map(String) : store.kind.defaults;
  const results = matching
    .slice(after, after + limit)
    .map(({ record, values }) => recordAnswer(store, { ...record, properties: values }, names));
  const end = after + results.length;
  const paging = end < Math.min(matching.length, MAX_RESULTS) ? { paging: { next: { after: String(end) } } } : {};
  return { status: 200, body: { total: matching.length, results, ...paging }, rows: results.length };
}

function filterGroups(asked: Record<string, unknown>, store: ObjectStore): Filter[][] | Refusal {
  const groups = asked.filterGroups ?? (asked.filters === undefined ? [] : [{ filters: asked.filters }]);
  if (!Array.isArray(groups)) return invalid("filterGroups must be a list");
  const parsed: Filter[][] = [];
  for (const group of groups as unknown[]) {
    const filters = typeof group === "object" && group !== null && "filters" in group ? group.filters : null;
    if (!Array.isArray(filters)) return invalid("every filter group must have a list of filters");
    const read: Filter[] = [];
    for (const one of filters as unknown[]) {
      const filter = filterOf(one, store);
      if (isRefusal(filter)) return filter;
      read.push(filter);
    }
    parsed.push(read);
  }
  return parsed;
}

function filterOf(value: unknown, store: ObjectStore): Filter | Refusal {
  const { propertyName, operator, ...rest } = (value ?? {}) as Record<string, unknown>;
  const name = String(propertyName);
  if (!store.properties.has(name)) return invalid(`Property "${name}" does not exist`);
  if (!Object.hasOwn(OPERATORS, String(operator))) return invalid(`"${String(operator)}" is no search operator`);
  return {
    propertyName: name,
    operator: String(operator),
    value: String(rest.value ?? ""),
    highValue: String(rest.highValue ?? ""),
    values: Array.isArray(rest.values) ? rest.values.map(String) : [],
  };
}

/** Groups are joined by OR, the filters of one group by AND. */
function matches(values: Values, groups: readonly (readonly Filter[])[], query: unknown): boolean {
  if (typeof query === "string" && query !== "") {
    const wanted = query.toLowerCase();
    if (!Object.values(values).some((value) => value?.toLowerCase().includes(wanted))) return false;
  }
  if (groups.length === 0) return true;
  return groups.some((filters) =>
    filters.every((filter) => OPERATORS[filter.operator]?.(values[filter.propertyName] ?? null, filter) === true),
  );
}

/** By the first of `sorts`: `{propertyName, direction}`, a name, or a name with a minus. */
function sort(matching: { values: Values }[], sorts: unknown): void {
  const first: unknown = Array.isArray(sorts) ? sorts[0] : null;
  if (first === null || first === undefined) return;
  const { propertyName, direction } = first as { propertyName?: unknown; direction?: unknown };
  const name = typeof first === "string" ? first.replace(/^-/, "") : String(propertyName);
  const isDown = typeof first === "string" ? first.startsWith("-") : direction === "DESCENDING";
  matching.sort((a, b) => compare(a.values[name] ?? "", b.values[name] ?? "") * (isDown ? -1 : 1));
}

function same(have: string, value: string): boolean {
  return have.toLowerCase() === value.toLowerCase();
}

function compare(have: string, value: string): number {
  const [a, b] = [numberOf(have), numberOf(value)];
  if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  return have < value ? -1 : have > value ? 1 : 0;
}

/** Dates are compared as ms, whichever of the two forms they have. */
function numberOf(text: string): number {
  if (text === "") return Number.NaN;
  const number = Number(text);
  return Number.isNaN(number) && /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : number;
}

function containsToken(have: string, value: string): boolean {
  const pattern = value
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`(^|\\W)${pattern}($|\\W)`, "i").test(have);
}
