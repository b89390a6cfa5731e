/**
 * A process of its own on a state database: `node --import tsx child.ts take FILE TIMES` takes the lease again and again and
 * prints each epoch; `acknowledge FILE` sends and acknowledges batches for ever and prints each one that is durable.
 */
import type { Clock } from "../../../src/contract/clock.ts";
import { openState } from "../../../src/state/open-state.ts";
import { anAck, aRun } from "../../contract/state/samples.ts";

const clock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
const [act, file = "", times] = process.argv.slice(2);
const store = await openState({ file, mode: "create", clock });
const take = async () => {
  const attempt = await store.acquire("people", String(process.pid), 60_000, () => true);
  if (!attempt.ok) throw new Error("refused");
  return attempt.lease;
};

if (act === "take") {
  for (let i = 0; i < Number(times); i++) process.stdout.write(`${(await take()).epoch}\n`);
  await store.close();
} else {
  const lease = await take();
  const run = `r${lease.epoch}`;
  await store.createRun(lease, aRun({ id: run }));
  for (let fromSeq = 0; ; fromSeq += 100) {
    const batches = [fromSeq, fromSeq + 50].map((from) => ({ run, fromSeq: from, toSeq: from + 49 }));
    await store.recordIntents(lease, batches);
    process.stdout.write(`sent ${run} ${fromSeq}\n`);
    await store.acknowledge(
      lease,
      batches.map((batch) => {
        const acks = Array.from({ length: 50 }, (_, i) => anAck({ remoteId: String(batch.fromSeq + i) }));
        return { ...batch, acks, notes: [], rejects: [], cured: [], aliases: [] };
      }),
    );
    process.stdout.write(`done ${run} ${fromSeq}\n`);
  }
}
