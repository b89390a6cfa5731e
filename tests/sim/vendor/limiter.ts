/** The vendor's own count of calls: a sliding window that refuses what is too much, and the gate that a refusal sets up. */
export interface Limiter {
  /** True where the call may pass; counted either way, as vendors do not. */
  passes(nowMs: number): boolean;
  remaining(nowMs: number): number;
}

export function slidingWindow({ max, intervalMs }: { max: number; intervalMs: number }): Limiter {
  let taken: number[] = [];
  const used = (nowMs: number): number => {
    taken = taken.filter((atMs) => atMs + intervalMs > nowMs);
    return taken.length;
  };
  return {
    passes: (nowMs) => {
      if (used(nowMs) >= max) return false;
      taken.push(nowMs);
      return true;
    },
    remaining: (nowMs) => max - used(nowMs),
  };
}
