/** One request as a sandbox sees it. */
export type Call = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON; undefined where the body is empty or is no JSON. */
  readonly body: unknown;
  readonly text: string;
  /** When the head of the request arrived, in ms of the sandbox's monotonic clock. */
  readonly arrivedMs: number;
};

/** What goes back. An object is sent as JSON, a text as it is with `contentType`. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly contentType?: string;
  /** Rows the call carried, for the request log. */
  readonly rows?: number;
};

/** The head of a request, for what is decided before the body is read. */
export type Head = Pick<Call, "method" | "path" | "headers" | "arrivedMs">;
