/** One worker of a long run: every so-manieth seed until its time is over. */
import { PLAIN, type SimResult, simulate } from "./simulate.ts";
import { openTier, type TierName } from "./tiers.ts";

type Work = { readonly tier: TierName; readonly from: number; readonly step: number; readonly ms: number };

// Stacks of errors that are part of the story cost a fifth of a seed; one that fails is replayed with them.
Error.stackTraceLimit = 0;

const work = JSON.parse(process.argv[2] ?? "{}") as Work;
const endsAt = performance.now() + work.ms;
const tier = await openTier(work.tier);
let results: SimResult[] = [];
const tell = (): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(results, (error: Error | null) => (error === null ? resolve() : reject(error)));
    results = [];
  });
for (let seed = work.from; performance.now() < endsAt; seed += work.step) {
  results.push(await simulate(seed, { ...PLAIN, ...tier.options }));
  if (results.length >= 20) await tell();
}
await tell();
await tier.close();
process.disconnect();
