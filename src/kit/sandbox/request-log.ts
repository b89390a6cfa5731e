export type LoggedRequest = {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** 0 where the connection was dropped without an answer. */
  readonly status: number;
  readonly ms: number;
  readonly rows: number;
  /** When it arrived, in ms since the epoch, with fractions; never runs backwards. */
  readonly time: number;
};

/** The last `capacity` requests, oldest first, in the order in which they were answered. */
export interface RequestLog {
  add(request: LoggedRequest): void;
  since(time: number): LoggedRequest[];
  clear(): void;
}

export function requestLog(capacity = 200_000): RequestLog {
  let entries: LoggedRequest[] = [];
  let first = 0;
  return {
    add(request) {
      entries.push(request);
      if (entries.length - first <= capacity) return;
      first++;
      // Cutting one by one would move the whole array each time.
      if (first >= capacity) {
        entries = entries.slice(first);
        first = 0;
      }
    },
    since(time) {
      return entries.slice(first).filter((entry) => entry.time >= time);
    },
    clear() {
      entries = [];
      first = 0;
    },
  };
}
