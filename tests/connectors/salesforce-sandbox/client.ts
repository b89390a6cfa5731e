// What the table of rules needs of a Salesforce client; a plain one and jsforce fill it in.

export type RowFailure = {
  readonly statusCode: string;
  readonly message: string;
  readonly fields: readonly string[];
  readonly duplicateResut?: DuplicateResult;
};

export type DuplicateResult = {
  readonly allowSave: boolean;
  readonly matchResults: readonly { readonly matchRecords: readonly { readonly record: SentRecord }[] }[];
};

export type RowResult = {
  readonly id?: string;
  readonly success: boolean;
  readonly created?: boolean;
  readonly errors: readonly RowFailure[];
};

export type SentRecord = { readonly [field: string]: unknown };

/** `error` where the call was refused: then `body` is what came with it. */
export type Reply<T = unknown> = {
  readonly body: T;
  readonly error: { readonly errorCode: string; readonly message: string } | null;
};

export type Found = {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly SentRecord[];
};

export type Options = { readonly allOrNone?: boolean; readonly headers?: Record<string, string> };

export const VERSION = "60.0";
export const BASE = `/services/data/v${VERSION}`;

/** Resolves also where the call is refused; rejects only where no answer came. */
export interface TestClient {
  create(object: string, records: readonly object[], options?: Options): Promise<Reply<RowResult[]>>;
  update(object: string, records: readonly object[], options?: Options): Promise<Reply<RowResult[]>>;
  upsert(object: string, key: string, records: readonly object[], options?: Options): Promise<Reply<RowResult[]>>;
  remove(object: string, ids: readonly string[], options?: Options): Promise<Reply<RowResult[]>>;
  retrieve(object: string, ids: readonly string[], fields: readonly string[]): Promise<Reply<(SentRecord | null)[]>>;
  query(soql: string, options?: Options & { readonly all?: boolean }): Promise<Reply<Found>>;
  more(nextRecordsUrl: string): Promise<Reply<Found>>;
  describe(object: string): Promise<Reply<SentRecord>>;
  /** A path below the version. */
  call<T = unknown>(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Reply<T>>;
}

/** The codes of each row, "ok" for one that went through. */
export function codes(reply: Reply<RowResult[]>): string[] {
  if (reply.error !== null) throw new Error(`refused: ${reply.error.errorCode} ${reply.error.message}`);
  return reply.body.map((row) => (row.success ? "ok" : row.errors.map((error) => error.statusCode).join("+")));
}

/** The first error of one row. */
export function failureOf(reply: Reply<RowResult[]>, row = 0): RowFailure {
  const failure = reply.body[row]?.errors[0];
  if (failure === undefined) throw new Error(`row ${row} did not fail: ${JSON.stringify(reply)}`);
  return failure;
}

export function idOf(reply: Reply<RowResult[]>, row = 0): string {
  const id = reply.body[row]?.id;
  if (id === undefined) throw new Error(`row ${row} has no id: ${JSON.stringify(reply)}`);
  return id;
}
