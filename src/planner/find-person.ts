import type { PersonInPlan, PersonRow, PersonTraits } from "../contract/planner.ts";
import type { Origin } from "../contract/run.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { hasPlan, invalidFile } from "./plan-file.ts";
import { readMeta, snapshotTable } from "./snapshot-schema.ts";

/** Shorter ones stand in many texts by chance. */
const TELLING_LENGTH = 6;

/** Values so long that a text which holds one speaks of the person. */
export function tellingWords(values: readonly string[]): string[] {
  return values.map(form).filter((value) => value.length >= TELLING_LENGTH || value.includes("@"));
}

function form(value: string): string {
  return value.trim().toLowerCase();
}

/** Rows that may be meant; the exact look follows. */
function mayHoldSql(column: string, { keys, values }: PersonTraits, texts: readonly string[]): string {
  const list = keys.map(quoteText).join(", ");
  const all = texts.map((text) => `coalesce(${text}, '')`).join(" || ' ' || ");
  const needles = values.map((value) => JSON.stringify(form(value)).slice(1, -1));
  const parts = needles.map((needle) => `contains(lower(${all}), ${quoteText(needle)})`);
  return [...(keys.length === 0 ? [] : [`${column} in (${list})`]), ...parts].join(" or ") || "false";
}

function valuesIn(json: string | null, fields: readonly string[] | null): string[] {
  if (json === null) return [];
  const members = Object.entries(JSON.parse(json) as Record<string, string | null>);
  return members.flatMap(([field, value]) => (value !== null && (fields?.includes(field) ?? true) ? [value] : []));
}

type EntryRow = {
  key: string;
  remote_id: string | null;
  origin: Origin | null;
  payload: string;
  found: string | null;
  doubt: string | null;
};

export async function findPerson(session: DuckdbSession, sync: string, traits: PersonTraits): Promise<PersonRow[]> {
  const meta = await readMeta(session, sync);
  if (meta === null) return [];
  const wanted = new Set(traits.values.map(form));
  const rows = await session.rows<EntryRow>(`select key, remote_id, origin, payload, found, doubt
    from ${snapshotTable(meta.table)} where ${mayHoldSql("key", traits, ["payload", "found", "doubt"])} order by key`);
  return rows.flatMap((row): PersonRow[] => {
    const values = [row.payload, row.found, row.doubt].flatMap((json) => valuesIn(json, traits.fields));
    if (!traits.keys.includes(row.key) && !values.some((value) => wanted.has(form(value)))) return [];
    return [{ key: row.key, remoteId: row.remote_id, origin: row.origin, values: [...new Set(values)] }];
  });
}

type PlanTexts = { seq: string | number; key: string } & Readonly<
  Record<"match" | "fields" | "before" | "payload" | "reason", string | null>
>;
type Hit = { readonly seq: number; readonly key: string; readonly isTheirs: boolean; readonly values: string[] };
const TEXTS = ["match", "fields", "before", "payload", "reason"] as const;

/** Rows of a plan that hold something of the person, in no order. */
export async function hitsInPlan(session: DuckdbSession, path: string, traits: PersonTraits): Promise<Hit[]> {
  const wanted = new Set(traits.values.map(form));
  const words = tellingWords(traits.values);
  const rows = await session.rows<PlanTexts>(`select seq, key, ${TEXTS.join(", ")} from read_parquet(${quoteText(path)})
    where ${mayHoldSql("key", traits, [...TEXTS, "key"])}`);
  return rows.flatMap((row): Hit[] => {
    const matches = (row.match === null ? [] : (JSON.parse(row.match) as (Record<string, string> | null)[])).flatMap(
      (entry) => Object.values(entry ?? {}),
    );
    const sent = [row.fields, row.before, row.payload].flatMap((json) => valuesIn(json, traits.fields));
    const isTheirs = traits.keys.includes(row.key) || [...matches, ...sent].some((value) => wanted.has(form(value)));
    const texts = [row.key, ...TEXTS.map((name) => row[name] ?? "")].join(" ").toLowerCase();
    const isHit = isTheirs || words.some((word) => texts.includes(JSON.stringify(word).slice(1, -1)));
    return isHit ? [{ seq: Number(row.seq), key: row.key, isTheirs, values: matches }] : [];
  });
}

/** Invalid rows have no values: their key, and what is said of them. */
export function invalidHitSql(traits: PersonTraits): string {
  const words = tellingWords(traits.values).map(
    (word) => `contains(lower(concat_ws(' ', key, message)), ${quoteText(word)})`,
  );
  const keys = traits.keys.length === 0 ? [] : [`key in (${traits.keys.map(quoteText).join(", ")})`];
  return `coalesce(${[...keys, ...words].join(" or ") || "false"}, false)`;
}

export async function findInPlan(session: DuckdbSession, path: string, traits: PersonTraits): Promise<PersonInPlan> {
  if (!(await hasPlan(path))) return { rows: 0, keys: [], values: [] };
  const hits = await hitsInPlan(session, path, traits);
  const invalid = invalidFile(path);
  const refused = (await hasPlan(invalid))
    ? await session.count(`select count(*) from read_parquet(${quoteText(invalid)}) where ${invalidHitSql(traits)}`)
    : 0;
  const theirs = hits.filter(({ isTheirs }) => isTheirs);
  return {
    rows: hits.length + refused,
    keys: [...new Set(theirs.map(({ key }) => key))],
    values: [...new Set(theirs.flatMap(({ values }) => values))],
  };
}
