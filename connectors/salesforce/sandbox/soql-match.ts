import type { Value } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import { type FieldPath, fieldPath } from "./soql-path.ts";
import { type Condition, type Operator, soqlTrouble } from "./soql-query.ts";
import { comparableValue, filterValue } from "./soql-value.ts";
import type { StoredRecord } from "./stored-record.ts";

/** A condition ready to be asked. */
export type Filter = {
  readonly fits: (record: StoredRecord) => boolean;
  /** Living records among which all that fit are, found by an index; null where every record must be looked at. */
  readonly candidates: () => readonly StoredRecord[] | null;
};

/** Throws a SoqlTrouble for unknown fields and for values of the wrong kind. */
export function compileFilter(org: Org, store: ObjectStore, alias: string | null, condition: Condition): Filter {
  const inner = (part: Condition) => compileFilter(org, store, alias, part);
  switch (condition.kind) {
    case "and":
      return all(condition.parts.map(inner));
    case "or":
      return any(condition.parts.map(inner));
    case "not": {
      const { fits } = inner(condition.part);
      return { fits: (record) => !fits(record), candidates: () => null };
    }
    case "in": {
      const path = fieldPath(org, store, alias, condition.path);
      const values = condition.values.map((value) => filterValue(path.field, value));
      return condition.isNot ? noneOf(path, values) : oneOf(store, path, values);
    }
    case "compare": {
      const path = fieldPath(org, store, alias, condition.path);
      if (condition.operator === "LIKE") return like(path, condition.value.value);
      const value = filterValue(path.field, condition.value);
      if (condition.operator === "=") return oneOf(store, path, [value]);
      if (condition.operator === "!=") return noneOf(path, [value]);
      return ordered(path, condition.operator, value);
    }
  }
}

function all(parts: readonly Filter[]): Filter {
  return {
    fits: (record) => parts.every((part) => part.fits(record)),
    candidates() {
      let fewest: readonly StoredRecord[] | null = null;
      for (const part of parts) {
        const found = part.candidates();
        if (found !== null && (fewest === null || found.length < fewest.length)) fewest = found;
      }
      return fewest;
    },
  };
}

function any(parts: readonly Filter[]): Filter {
  return {
    fits: (record) => parts.some((part) => part.fits(record)),
    candidates() {
      const found = new Set<StoredRecord>();
      for (const part of parts) {
        const some = part.candidates();
        if (some === null) return null;
        for (const record of some) found.add(record);
      }
      return [...found];
    },
  };
}

function oneOf(store: ObjectStore, path: FieldPath, values: readonly Value[]): Filter {
  const wanted = new Set(values);
  const { field, read, hops } = path;
  return {
    fits: (record) => wanted.has(comparableValue(field, read(record))),
    candidates() {
      if (hops.length > 0 || wanted.has(null)) return null;
      if (field.name === "Id")
        return [...wanted].map((id) => store.byId(String(id))).filter((record) => record !== null);
      const index = store.indexOf(field.name);
      return index === null ? null : [...wanted].flatMap((value) => index.find(value));
    },
  };
}

/** Unlike SQL, a blank is also "not" any value. */
function noneOf({ field, read }: FieldPath, values: readonly Value[]): Filter {
  const unwanted = new Set(values);
  return { fits: (record) => !unwanted.has(comparableValue(field, read(record))), candidates: () => null };
}

function ordered({ field, read }: FieldPath, operator: Operator, value: Value): Filter {
  function fits(record: StoredRecord): boolean {
    const have = comparableValue(field, read(record));
    if (have === null || value === null) return false;
    if (operator === "<") return have < value;
    if (operator === "<=") return have <= value;
    return operator === ">" ? have > value : have >= value;
  }
  return { fits, candidates: () => null };
}

function like({ field, read }: FieldPath, value: Value): Filter {
  if (typeof value !== "string")
    throw soqlTrouble("INVALID_FIELD", `invalid operator on field '${field.name}': LIKE needs a text`);
  // Fields that hold no text refuse it.
  filterValue(field, { kind: "text", value });
  const pattern = value.replace(/\\([%_])|([%_])|([.*+?^${}()|[\]\\])/g, (_, escaped, wild, special) =>
    escaped !== undefined ? escaped : wild !== undefined ? (wild === "%" ? "[\\s\\S]*" : "[\\s\\S]") : `\\${special}`,
  );
  const expression = new RegExp(`^${pattern}$`, "i");
  return {
    fits(record) {
      const have = read(record);
      return typeof have === "string" && expression.test(have);
    },
    candidates: () => null,
  };
}
