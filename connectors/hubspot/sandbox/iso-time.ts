let lastMs = Number.NaN;
let lastText = "";

/** HubSpot's form of a time, from ms since the epoch. Rows of one batch mostly share their ms: the last text is kept. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
