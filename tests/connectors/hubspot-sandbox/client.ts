// What the table of rules needs of a HubSpot client; a plain one and the vendor's own fill it in.

export type Reply = { readonly status: number; readonly headers: Headers; readonly body: Body };

/** Every part of a vendor's body is optional for who reads it. */
export type Body = {
  readonly id?: string;
  readonly status?: string;
  readonly category?: string;
  readonly subCategory?: string;
  readonly message?: string;
  readonly correlationId?: string;
  readonly policyName?: string;
  readonly errorType?: string;
  readonly context?: Record<string, string[]>;
  readonly numErrors?: number;
  readonly total?: number;
  readonly results?: readonly RecordBody[];
  readonly errors?: readonly ErrorBody[];
  readonly properties?: Record<string, string | null>;
  readonly paging?: { next?: { after?: string } };
};

export type RecordBody = {
  readonly id: string;
  readonly properties: Record<string, string | null>;
  readonly new?: boolean;
  readonly archived?: boolean;
  readonly objectWriteTraceId?: string;
};

export type ErrorBody = {
  readonly category?: string;
  readonly code?: string;
  readonly message?: string;
  readonly context?: Record<string, string[]>;
  readonly errors?: readonly ErrorBody[];
};

export type Input = {
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties?: Record<string, unknown>;
  readonly objectWriteTraceId?: string;
};

export type BatchAction = "create" | "update" | "upsert" | "archive";

/** Resolves for every status; rejects only where no answer came. */
export interface TestClient {
  batch(type: string, action: BatchAction, inputs: readonly Input[]): Promise<Reply>;
  read(type: string, ids: readonly string[], properties: readonly string[], idProperty?: string): Promise<Reply>;
  get(type: string, id: string, properties: readonly string[], idProperty?: string): Promise<Reply>;
  list(type: string, limit: number, after?: string): Promise<Reply>;
  create(type: string, properties: Record<string, string>): Promise<Reply>;
  patch(type: string, id: string, properties: Record<string, string>): Promise<Reply>;
  archive(type: string, id: string): Promise<Reply>;
  search(type: string, request: Record<string, unknown>): Promise<Reply>;
  merge(primaryObjectId: string, objectIdToMerge: string): Promise<Reply>;
  gdprDelete(objectId: string, idProperty?: string): Promise<Reply>;
  properties(type: string): Promise<Reply>;
  call(method: string, path: string, body?: unknown): Promise<Reply>;
}
