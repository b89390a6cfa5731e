let lastMs = Number.NaN;
let lastText = "";

/** Salesforce's form of a time, from ms since the epoch: "2026-07-01T12:00:00.000+0000". Always UTC, so it sorts as text. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = `${new Date(ms).toISOString().slice(0, -1)}+0000`;
    lastMs = ms;
  }
  return lastText;
}
