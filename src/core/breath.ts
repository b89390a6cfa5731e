const waiting: (() => void)[] = [];
let isArmed = false;

/** One alone would cost throughput, more would be felt by who waits. */
const A_TURN = 2;

/**
 * Resolves in a later turn of the event loop, for two callers a turn. Answers of many calls come home together: taken up a few
 * at a time, they leave room in between for whoever else waits for this process, such as a reader of the API.
 */
export function breath(): Promise<void> {
  return new Promise((resume) => {
    waiting.push(resume);
    if (!isArmed) setImmediate(next);
    isArmed = true;
  });
}

/** An immediate that is set within another one runs a turn later. */
function next(): void {
  const resumed = waiting.splice(0, A_TURN);
  isArmed = waiting.length > 0;
  if (isArmed) setImmediate(next);
  for (const resume of resumed) resume();
}
