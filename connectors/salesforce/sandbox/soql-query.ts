/** A value as it stands in a query. */
export type Literal = {
  readonly kind: "text" | "number" | "boolean" | "date" | "datetime" | "null";
  readonly value: string | number | boolean | null;
};

export const OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "LIKE"] as const;
export type Operator = (typeof OPERATORS)[number];

export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | { readonly kind: "compare"; readonly path: string; readonly operator: Operator; readonly value: Literal }
  | { readonly kind: "in"; readonly path: string; readonly isNot: boolean; readonly values: readonly Literal[] };

export type Order = { readonly path: string; readonly isDown: boolean; readonly nullsLast: boolean };

/** `SELECT … FROM one object`, parsed. Paths as they were written. */
export type Query = {
  /** Null for COUNT(). */
  readonly select: readonly string[] | null;
  readonly from: string;
  readonly alias: string | null;
  readonly where: Condition | null;
  readonly orders: readonly Order[];
  readonly limit: number | null;
  readonly offset: number;
};

/** Why a query is refused, thrown within the parser and the compiler only. */
export type SoqlTrouble = Error & { readonly errorCode: string };

export function soqlTrouble(errorCode: string, message: string): SoqlTrouble {
  return Object.assign(new Error(message), { errorCode });
}

export function isSoqlTrouble(error: unknown): error is SoqlTrouble {
  return error instanceof Error && "errorCode" in error;
}
