/** Counts the calls of the last `intervalMs`; what it refuses does not count. */
export interface RollingWindow {
  readonly max: number;
  readonly intervalMs: number;
  /** True where one more call fits into the `intervalMs` that end at `nowMs`. */
  take(nowMs: number): boolean;
  /** Calls that would still fit at `nowMs`. */
  remaining(nowMs: number): number;
  clear(): void;
}

/** At most `max` calls in any `intervalMs`: a ring of the last `max` arrivals, so every question costs the same. */
export function rollingWindow(max: number, intervalMs: number): RollingWindow {
  const arrivals = new Float64Array(max);
  let oldest = 0;
  let count = 0;

  function expire(nowMs: number): void {
    while (count > 0 && nowMs - (arrivals[oldest] ?? 0) >= intervalMs) {
      oldest = (oldest + 1) % max;
      count--;
    }
  }

  return {
    max,
    intervalMs,
    take(nowMs) {
      expire(nowMs);
      if (count >= max) return false;
      arrivals[(oldest + count) % max] = nowMs;
      count++;
      return true;
    },
    remaining(nowMs) {
      expire(nowMs);
      return max - count;
    },
    clear() {
      oldest = 0;
      count = 0;
    },
  };
}
