import type { CompiledField, CompiledMapping } from "../../src/contract/mapping.ts";
import type { Column } from "../../src/contract/value.ts";

/** The model of the diff benchmark: ten columns. `n` is the row's number. */
const COLUMNS: readonly (Column & { sql: string })[] = [
  column("person_id", "integer", "BIGINT", "n"),
  column("email", "text", "VARCHAR", "'person.' || n || '@example.com'"),
  column("first_name", "text", "VARCHAR", "'First ' || n % 997"),
  column("last_name", "text", "VARCHAR", "'Lást ' || n % 4999"),
  column("city", "text", "VARCHAR", "'City ' || n % 499"),
  column("country", "text", "VARCHAR", "'Country ' || n % 199"),
  column("lifetime_value", "decimal", "DECIMAL(10,2)", "((n * 37) % 1000003 / 100)::decimal(10, 2)"),
  column("orders", "integer", "INTEGER", "(n % 29)::integer"),
  column("last_order_on", "date", "DATE", "date '2024-01-01' + (n % 500)::integer"),
  column("seen_at", "timestamp", "TIMESTAMP WITH TIME ZONE", "timestamptz '2025-01-01' + to_seconds(n % 8640000)"),
];

const FIELD_TYPES = {
  integer: "number",
  decimal: "number",
  text: "text",
  date: "date",
  timestamp: "timestamp",
} as const;

function column(name: string, type: keyof typeof FIELD_TYPES, nativeType: string, sql: string) {
  return { name, type, nativeType, zoned: type === "timestamp", isList: false, sql };
}

/** The rows before the day, and after it: 1 % changed, 0.1 % gone. */
export function rowsSql(rows: number, isAfter: boolean): string {
  const city = isAfter ? "case when n % 100 = 7 then 'Moved' else 'City ' || n % 499 end" : null;
  const select = COLUMNS.map(({ name, sql }) => `${name === "city" ? (city ?? sql) : sql} as ${name}`).join(", ");
  return `select ${select} from range(1, ${rows + 1}) numbers(n)${isAfter ? " where n % 1000 <> 3" : ""}`;
}

export const MODEL_SQL = `select ${COLUMNS.map(({ name }) => name).join(", ")} from people`;

/** As the engine would compile it: every column a field, matched by e-mail in HubSpot's form. */
export const MAPPING: CompiledMapping = {
  primaryKey: COLUMNS.slice(0, 1),
  fields: COLUMNS.map(
    (from): CompiledField => ({
      field: from.name,
      type: FIELD_TYPES[from.type as keyof typeof FIELD_TYPES],
      from: { column: from },
      timezone: null,
      options: null,
      maxLength: from.type === "text" ? 65_536 : null,
      onNull: "clear_ours",
      onBlank: "as_null",
    }),
  ),
  match: COLUMNS.filter(({ name }) => name === "email").map((from) => [
    { field: "email", column: from, matchForm: "lower" },
  ]),
  sendTogether: [],
};

/** The same work as bare statements: narrow stage (with the hash that the snapshot has), both repeats, the join on the key. */
export function floorSql(snapshot: string): readonly string[] {
  const columns = [...COLUMNS]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type }) => (type === "text" ? `nullif(${name}, '')` : name))
    .join(", ");
  return [
    `create temp table stage as select person_id::varchar as key, lower(trim(email)) as match_value, hash(${columns}) as hash from people`,
    "create temp table repeated_keys as select key from stage group by key having count(*) > 1",
    "create temp table repeated_matches as select match_value from stage group by match_value having count(*) > 1",
    `create temp table differs as select s.key from stage s left join ${snapshot} p on p.key = s.key
      where p.key is null or p.hash is distinct from s.hash`,
  ];
}
