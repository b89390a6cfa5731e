const DAY_MS = 86_400_000;

/**
 * The wait that a Retry-After header asks for, in ms from `nowMs`, within 0 and 24 h; null where it says nothing that can
 * be understood. Seconds and HTTP dates are legal (RFC 9110, 10.2.3); a past date or a negative number means at once.
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  if (text === "") return null;
  const asked = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : dateMs(text) - nowMs;
  return Number.isNaN(asked) ? null : Math.min(Math.max(Math.ceil(asked), 0), DAY_MS);
}

/** Date.parse takes any scrap with a digit for a date; every HTTP date begins with the name of its day. */
function dateMs(text: string): number {
  return /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i.test(text) ? Date.parse(text) : Number.NaN;
}
