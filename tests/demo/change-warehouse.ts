import { defineRandom, onWarehouse } from "./generate-warehouse.ts";

/** What a day does to the warehouse. The rows of one change are not those of another. */
export const DAY = {
  moved: 180,
  newPhone: 120,
  ordered: 250,
  newEmail: 40,
  phoneGone: 12,
  removed: 60,
  joined: 25,
} as const;

/** Five values that HubSpot refuses: e-mails of three customers that it knows and of two that are new to it. */
export const POISON = [
  { customer: 1, email: "not-an-email" },
  { customer: 2, email: "two..dots@example.com" },
  { customer: 3, email: "nobody@localhost" },
  { customer: null, email: "a b@example.com" },
  { customer: null, email: "@example.com" },
] as const;

/** Changes the warehouse as a day would, poison included. */
export function changeWarehouse(file: string, seed: number): Promise<void> {
  return onWarehouse(file, async (db) => {
    await defineRandom(db, seed);
    const known = POISON.filter((row) => row.customer !== null).length;
    await db.run(`create temp table lot as
      select customer_id, row_number() over (order by draw('lot', customer_id), customer_id) as place, email from customers
      where customer_id > printf('C-%06d', ${known})`);
    let from = 0;
    const next = (rows: number, also = "true"): string => {
      const drawn = `(select customer_id from lot where place > ${from} and place <= ${from + rows} and ${also})`;
      from += rows;
      return `customer_id in ${drawn}`;
    };
    await db.run(`update customers set city = 'Nové ' || coalesce(city, 'Město') where ${next(DAY.moved)}`);
    await db.run(`update customers set phone = '+44 20 7946 0' || right(customer_id, 3) where ${next(DAY.newPhone)}`);
    await db.run(`insert into orders select (select max(order_id) from orders) + row_number() over (order by customer_id),
      customer_id, 49.90, 'paid', date '2025-07-01' from customers where ${next(DAY.ordered)}`);
    await db.run(
      `update customers set email = 'new.' || lower(customer_id) || '@example.com' where ${next(DAY.newEmail)}`,
    );
    await db.run(`update customers set phone = null where ${next(DAY.phoneGone)}`);
    await db.run(`delete from customers where ${next(DAY.removed)}`);
    await join(db.run.bind(db), DAY.joined);
    for (const [index, row] of POISON.entries()) {
      const email = `'${row.email}'`;
      if (row.customer !== null) await db.run(`update customers set email = ${email} where ${customer(row.customer)}`);
      else await newcomer(db.run.bind(db), index, email);
    }
  });
}

/** Gives the poisoned customers e-mails that HubSpot takes. */
export function mendPoison(file: string): Promise<void> {
  return onWarehouse(file, async (db) => {
    const refused = POISON.map((row) => `'${row.email}'`).join(", ");
    await db.run(
      `update customers set email = 'mended.' || lower(customer_id) || '@example.com' where email in (${refused})`,
    );
  });
}

type Run = (sql: string) => Promise<unknown>;

const customer = (n: number): string => `customer_id = printf('C-%06d', ${n})`;
const COLUMNS = "customer_id, email, first_name, last_name, country, customer_since";
const JOINED = "timestamptz '2025-07-01 08:30:00+00'";

async function join(run: Run, rows: number): Promise<void> {
  await run(`insert into customers (${COLUMNS})
    select printf('N-%06d', n), 'newcomer.' || n || '@example.com', 'Néw', 'Cömer ' || n, 'Ireland', ${JOINED}
    from range(1, ${rows + 1}) numbers(n)`);
}

async function newcomer(run: Run, n: number, email: string): Promise<void> {
  await run(
    `insert into customers (${COLUMNS}) values ('P-${n}', ${email}, 'Póison', 'Newcomer ${n}', 'Malta', ${JOINED})`,
  );
}
