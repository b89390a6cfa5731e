const NUMBER = new Intl.NumberFormat("en-US");

/** 1500 → "1,500". */
export const count = (value: number): string => NUMBER.format(value);

/** "1 record", "2 records". */
export const amount = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** "1 row", "1,500 rows". */
export const rowCount = (rows: number): string => amount(rows, "row");
