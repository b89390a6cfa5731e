import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runScript } from "../demo/child-commands.ts";
import { count } from "../demo/run-facts.ts";
import type { BenchOptions } from "./bench.ts";
import type { Measured } from "./diff-child.ts";
import { figure, median, megabytes, perSecond, seconds } from "./figures.ts";

const ROUNDS = 3;
const CHILD = fileURLToPath(new URL("./diff-child.ts", import.meta.url));

/** Planning a model of ten columns where 1 % changed and 0.1 % are gone, against the bare statements, in turns. */
export async function diff({ rows }: BenchOptions): Promise<void> {
  const people = rows ?? 5_000_000;
  const dir = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  const measure = async (part: string): Promise<Measured> => {
    const ended = await runScript(CHILD, [part, dir, String(people)]);
    if (ended.status !== 0) throw new Error(`${part}: ${ended.stderr}`);
    return JSON.parse(ended.stdout) as Measured;
  };
  try {
    await measure("prepare");
    const floors: Measured[] = [];
    const plans: Measured[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      floors.push(await measure("floor"));
      plans.push(await measure("plan"));
    }
    show(people, floors, plans);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function show(people: number, floors: readonly Measured[], plans: readonly Measured[]): void {
  const [floor, plan] = [floors, plans].map((all) => median(all.map((one) => one.seconds)));
  if (floor === undefined || plan === undefined) return;
  const last = plans.at(-1);
  figure("rows × columns", `${count(people)} × 10`);
  figure("changed, removed", `${count(last?.changed ?? 0)}, ${count(last?.removed ?? 0)}`);
  figure(`plan, median of ${plans.length}`, seconds(plan));
  figure("", perSecond(people, plan));
  figure("peak RSS of the plan (VmHWM)", megabytes(Math.max(...plans.map((one) => one.peakMb))), "1,000 MB");
  figure(`bare statements, median of ${floors.length}`, seconds(floor));
  figure("peak RSS of the bare statements", megabytes(Math.max(...floors.map((one) => one.peakMb))));
  figure("ratio", (plan / floor).toFixed(2), "1.50");
  const [planCpu, floorCpu] = [plans, floors].map((all) => median(all.map((one) => one.cpuSeconds)));
  figure("ratio of CPU time, all threads", ((planCpu ?? 0) / (floorCpu ?? 1)).toFixed(2));
  for (const [title, all] of [["plan", plans] as const, ["bare statements", floors] as const]) {
    process.stdout.write(`\n${title}\n`);
    for (const [index, part] of (all[0]?.parts ?? []).entries())
      figure(`  ${part.name}`, seconds(median(all.map((one) => one.parts[index]?.seconds ?? Number.NaN))));
  }
}
