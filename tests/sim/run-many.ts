/** Seeds on every core until the time is over, and what came of them. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileAside } from "../setup/compile-aside.ts";
import type { SimResult } from "./simulate.ts";
import type { TierName } from "./tiers.ts";

export type Asked = {
  readonly minutes: number;
  readonly firstSeed: number;
  /** null runs both: twins on most of the time, real databases on some of it. */
  readonly tier: TierName | null;
  readonly workers: number;
  readonly say: (line: string) => void;
};

export type Total = {
  readonly tier: TierName;
  seeds: number;
  processes: number;
  writes: number;
  compared: number;
  virtualMs: number;
  readonly seen: Map<string, number>;
  readonly failed: SimResult[];
};

/** So much of the time is for the real databases. */
const DUCKDB_SHARE = 0.53;
const DUCKDB_FIRST = 1_000_000;
const WORKER = "tests/sim/worker.js";

type Work = { readonly tier: TierName; readonly from: number; readonly step: number; readonly ms: number };

export async function runMany({ minutes, firstSeed, tier, workers, say }: Asked): Promise<Total[]> {
  const allMs = minutes * 60_000;
  const totals = new Map<TierName, Total>();
  const startedAt = performance.now();
  const { folder, remove } = compileAside(fileURLToPath(new URL("tsconfig.json", import.meta.url)), [WORKER]);
  const work = (index: number, part: Omit<Work, "step" | "from">, first = firstSeed): Promise<void> => {
    const task = { ...part, from: first + index, step: workers };
    return runWorker(join(folder, WORKER), task, (result) => add(totals, part.tier, result, say));
  };
  try {
    await Promise.all(
      Array.from({ length: workers }, async (_, index) => {
        const duckdbMs = tier === null ? allMs * DUCKDB_SHARE : 0;
        if (duckdbMs > 0) await work(index, { tier: "duckdb", ms: duckdbMs }, DUCKDB_FIRST);
        await work(index, { tier: tier ?? "memory", ms: allMs - duckdbMs });
      }),
    );
  } finally {
    remove();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  for (const total of totals.values()) tellTotal(total, seconds, say);
  return [...totals.values()];
}

function add(totals: Map<TierName, Total>, tier: TierName, result: SimResult, say: (line: string) => void): void {
  const fresh = { tier, seeds: 0, processes: 0, writes: 0, compared: 0, virtualMs: 0, seen: new Map(), failed: [] };
  const total: Total = totals.get(tier) ?? fresh;
  totals.set(tier, total);
  total.seeds++;
  total.processes += result.processes;
  total.writes += result.writes;
  total.compared += result.compared;
  total.virtualMs += result.virtualMs;
  for (const kind of result.seen) total.seen.set(kind, (total.seen.get(kind) ?? 0) + 1);
  if (result.violations.length === 0) return;
  total.failed.push(result);
  const replay = tier === "memory" ? "" : ` --planner ${tier}`;
  say(`FAILED  npm run sim -- --seed ${result.seed}${replay}: ${result.violations[0]?.slice(0, 300)}`);
}

function tellTotal(total: Total, seconds: number, say: (line: string) => void): void {
  const { tier, seeds, processes, writes, compared, virtualMs, seen, failed } = total;
  const days = Math.round(virtualMs / 86_400_000);
  const kinds = [...seen].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${kind} ${count}`);
  say(`${tier}: ${seeds} seeds, ${(seeds / seconds).toFixed(1)}/s, ${failed.length} failed`);
  say(`  ${processes} processes, ${writes} writes, ${compared} rows compared at the end, ${days} virtual days`);
  say(`  trouble in so many seeds: ${kinds.join(", ")}`);
}

function runWorker(program: string, work: Work, onResult: (result: SimResult) => void): Promise<void> {
  const child = fork(program, [JSON.stringify(work)], {
    // A seed makes much that dies young: with more room it is looked through less often. Each core has its worker already.
    execArgv: ["--max-semi-space-size=32", "--single-threaded-gc"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  child.on("message", (message) => {
    for (const result of message as SimResult[]) onResult(result);
  });
  return new Promise((resolve, reject) => {
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
  });
}
