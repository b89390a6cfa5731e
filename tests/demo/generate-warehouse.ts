import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { COMPANY_ENDINGS, COMPANY_WORDS, FIRST_NAMES, LAST_NAMES, PLACES } from "./name-lists.ts";

export type WarehouseSize = { readonly customers: number; readonly companies: number; readonly seed: number };

/** Runs statements on a DuckDB file and lets go of it. */
export async function onWarehouse<T>(file: string, work: (db: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(file);
  const db = await instance.connect();
  try {
    await db.run("set TimeZone = 'UTC'");
    return await work(db);
  } finally {
    db.closeSync();
    instance.closeSync();
  }
}

/** Writes a DuckDB file with customers, companies and orders; the same for one seed, whenever and wherever. */
export function makeWarehouse(file: string, size: WarehouseSize): Promise<void> {
  return onWarehouse(file, async (db) => {
    await defineRandom(db, size.seed);
    await db.run(companiesSql(size));
    await db.run(customersSql(size));
    await db.run(ordersSql(size));
  });
}

/**
 * The random numbers of the generator, as SQL: 64 bits of the MD5 of seed, purpose and number. DuckDB's own random()
 * depends on threads and hash() on the version.
 */
export async function defineRandom(db: DuckDBConnection, seed: number): Promise<void> {
  await db.run(
    `create or replace temp macro draw(purpose, n) as md5_number_lower(concat_ws(':', ${seed}, purpose, n)) >> 11`,
  );
  await db.run(
    `create or replace temp macro pick(list, purpose, n) as list[1 + (draw(purpose, n) % len(list))::integer]`,
  );
  await db.run(`create or replace temp macro percent(purpose, n) as (draw(purpose, n) % 10000) / 100.0`);
}

function companiesSql({ companies }: WarehouseSize): string {
  return `create table companies as
    select printf('B-%05d', n) as company_id,
      pick(${texts(COMPANY_WORDS)}, 'word', n) || ' ' || pick(${texts(COMPANY_ENDINGS)}, 'ending', n) || ' ' || n as name,
      'company-' || n || '.example' as domain,
      place[1] as city, place[2] as country,
      case when percent('employees', n) < 90 then (1 + draw('size', n) % 5000)::integer end as employees
    from (select n, ${place("company")} as place from range(1, ${companies + 1}) numbers(n))`;
}

function customersSql({ customers, companies }: WarehouseSize): string {
  return `create table customers as
    select printf('C-%06d', n) as customer_id, ${emailSql()} as email,
      first_name, case when percent('last blank', n) < 1 then null else last_name end as last_name,
      ${phoneSql()} as phone,
      case when percent('no city', n) < 5 then null else place[1] end as city, place[2] as country,
      case when percent('employed', n) < 60 then printf('B-%05d', 1 + draw('company', n) % ${companies}) end as company_id,
      timestamptz '2016-01-01 00:00:00+00' + to_milliseconds((draw('since', n) % 283996800000)::bigint) as customer_since
    from (select n, pick(${texts(FIRST_NAMES)}, 'first', n) as first_name, pick(${texts(LAST_NAMES)}, 'last', n) as last_name,
      ${place("customer")} as place from range(1, ${customers + 1}) numbers(n))`;
}

/** A place as [city, country, calling code]. */
function place(purpose: string): string {
  return `pick([${PLACES.map((parts) => texts(parts)).join(", ")}], '${purpose}', n)`;
}

/** Some have none, some an empty text, some capitals; no two customers share one. */
function emailSql(): string {
  const plain = "coalesce(nullif(regexp_replace(lower(strip_accents(first_name)), '[^a-z]', '', 'g'), ''), 'customer')";
  const capital = `upper(${plain}[1]) || ${plain}[2:]`;
  return `case when percent('no email', n) < 2 then null when percent('no email', n) < 3 then ''
    when percent('capital', n) < 3 then ${capital} || '.' || n || '@Example.com'
    else ${plain} || '.' || n || pick(['@example.com', '@example.org', '@mail.example.net'], 'domain', n) end`;
}

function phoneSql(): string {
  const number = "((1000000 + draw('number', n) % 9000000)::varchar)";
  const formats = [
    `'+' || place[3] || ' ' || ${number}[:3] || ' ' || ${number}[4:]`,
    `'00' || place[3] || '-' || ${number}`,
    `'(0' || ${number}[:2] || ') ' || ${number}[3:5] || '-' || ${number}[6:]`,
    `'+' || place[3] || '.' || ${number} || ' ext. ' || (draw('ext', n) % 90 + 10)`,
    number,
  ];
  return `case when percent('no phone', n) < 8 then null when percent('no phone', n) < 10 then ''
    else list_value(${formats.join(", ")})[1 + (draw('format', n) % ${formats.length})::integer] end`;
}

/** Three orders a customer on average; one in twelve was refunded. */
function ordersSql({ customers }: WarehouseSize): string {
  return `create table orders as
    select n as order_id, printf('C-%06d', 1 + draw('customer of', n) % ${customers}) as customer_id,
      (5 + (draw('amount', n) % 99500) / 100.0)::decimal(10, 2) as amount,
      case when draw('refund', n) % 12 = 0 then 'refunded' else 'paid' end as status,
      date '2023-01-01' + (draw('day', n) % 900)::integer as ordered_on
    from range(1, ${customers * 3 + 1}) numbers(n)`;
}

function texts(values: readonly string[]): string {
  return `[${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ")}]`;
}
