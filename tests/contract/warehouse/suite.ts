// Decides what a warehouse is: exact values, exactly one SELECT, a read that is whole or throws. Any warehouse passes it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ColumnType, Row } from "../../../src/contract/value.ts";
import type { ReadEnd, Warehouse } from "../../../src/contract/warehouse.ts";

export type ValueCase = {
  /** The awkwardness. */
  readonly name: string;
  /** An expression of the database. */
  readonly sql: string;
  readonly type: ColumnType;
  readonly text: string | null;
  readonly nativeType?: string;
  readonly zoned?: boolean;
  readonly isList?: boolean;
};

export type WarehouseCases = {
  readonly values: readonly ValueCase[];
  /** SQL that is no single SELECT, and what the message must hold. */
  readonly refused: readonly { readonly name: string; readonly sql: string; readonly message: RegExp }[];
  /** One column `n` with the integers from 0, in any order. */
  readonly numbers: (count: number) => string;
  /** A single SELECT of one row that may look like more: each gives the text `1` in column `n`. */
  readonly harmless: readonly { readonly name: string; readonly sql: string }[];
  /** Fails after it has found many rows. */
  readonly failsHalfWay: { readonly sql: string; readonly message: RegExp };
  /** Runs for minutes. */
  readonly endless: string;
};

const alive = () => new AbortController().signal;

export function warehouseSuite(
  name: string,
  makePlace: () => Promise<{ warehouse: Warehouse; remove: () => Promise<void> }>,
  cases: WarehouseCases,
): void {
  describe(`warehouse: ${name}`, () => {
    let warehouse: Warehouse;
    let remove: () => Promise<void>;
    beforeAll(async () => {
      ({ warehouse, remove } = await makePlace());
    });
    afterAll(async () => {
      await warehouse.close();
      await remove();
    });

    it("says what it reached", async () => {
      expect(await warehouse.check(alive())).toMatch(/\w/);
    });

    it.each(cases.values)("gives the exact text and type of $name", async ({ name: _, sql, text, ...column }) => {
      const select = `select ${sql} as "the value"`;
      const columns = await warehouse.describe(select, alive());
      expect(columns).toMatchObject([{ name: "the value", zoned: false, isList: false, ...column }]);
      const { rows } = await readAll(warehouse, select, 10);
      expect(rows.map((row) => row["the value"])).toEqual([text]);
    });

    it.each(cases.refused)("refuses $name before it runs", async ({ sql, message }) => {
      const fault = { code: "MODEL_INVALID", message: expect.stringMatching(message), fix: expect.any(String) };
      await expect(warehouse.describe(sql, alive())).rejects.toMatchObject(fault);
      await expect(readAll(warehouse, sql, 10)).rejects.toMatchObject(fault);
    });

    it.each(cases.harmless)("takes $name for one SELECT", async ({ sql }) => {
      expect(await warehouse.describe(sql, alive())).toMatchObject([{ name: "n" }]);
      expect((await readAll(warehouse, sql, 10)).rows).toMatchObject([{ n: "1" }]);
    });

    it.each([0, 1, 9, 10, 11, 30, 2_500])(
      "reads %i rows in pages of ten, each once, and says that it is whole",
      async (count) => {
        const { rows, pageSizes, end } = await readAll(warehouse, cases.numbers(count), 10);
        expect(end).toEqual({ rows: count, complete: true });
        expect(pageSizes).toEqual(
          Array.from({ length: Math.ceil(count / 10) }, (_, i) => Math.min(10, count - i * 10)),
        );
        expect(new Set(rows.map((row) => Number(row.n)))).toEqual(new Set(Array.from({ length: count }, (_, i) => i)));
      },
    );

    it("throws where the query fails half-way, and gives no end", async () => {
      const { sql, message } = cases.failsHalfWay;
      const fault = { code: "MODEL_FAILED", message: expect.stringMatching(message) };
      await expect(readAll(warehouse, sql, 1_000)).rejects.toMatchObject(fault);
    });

    it("stops a running query soon after the signal, and works on", async () => {
      const controller = new AbortController();
      const reading = readAll(warehouse, cases.endless, 10, controller.signal);
      const reason = new Error("stopped by the test");
      setTimeout(() => controller.abort(reason), 50);
      const startedAt = performance.now();
      await expect(reading).rejects.toBe(reason);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      await expect(warehouse.describe(cases.numbers(1), controller.signal)).rejects.toBe(reason);
      expect((await readAll(warehouse, cases.numbers(3), 10)).rows).toHaveLength(3);
    });

    it("lets a reader stop early, and several read side by side", async () => {
      for await (const page of warehouse.read(cases.numbers(100), { pageSize: 10 }, alive())) {
        expect(page).toHaveLength(10);
        break;
      }
      const counts = [1_000, 2_000, 3_000];
      const all = await Promise.all(counts.map((count) => readAll(warehouse, cases.numbers(count), 100)));
      expect(all.map(({ rows }) => rows.length)).toEqual(counts);
    });
  });
}

export async function readAll(
  warehouse: Warehouse,
  sql: string,
  pageSize: number,
  signal = alive(),
): Promise<{ rows: Row[]; pageSizes: number[]; end: ReadEnd }> {
  const rows: Row[] = [];
  const pageSizes: number[] = [];
  const pages = warehouse.read(sql, { pageSize }, signal);
  for (;;) {
    const next = await pages.next();
    if (next.done) return { rows, pageSizes, end: next.value };
    rows.push(...next.value);
    pageSizes.push(next.value.length);
  }
}
