/** The two tiers of places: twins in memory, a fresh pair a seed; or one real DuckDB and SQLite for all seeds of a process. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Planner, PlanSession } from "../../src/contract/planner.ts";
import type { AuditEntry } from "../../src/contract/state.ts";
import { openPlanner } from "../../src/planner/open-planner.ts";
import { openState } from "../../src/state/open-state.ts";
import type { SimOptions } from "./simulate.ts";
import { databaseClock, type Place } from "./story/place.ts";
import { newAnswers } from "./story/tables.ts";
import type { World } from "./world/world.ts";

export type TierName = "memory" | "duckdb";
export type Tier = { readonly options: Partial<Pick<SimOptions, "place" | "isShort">>; close(): Promise<void> };

export async function openTier(name: TierName): Promise<Tier> {
  return name === "memory" ? { options: {}, close: async () => undefined } : realTier();
}

/** Where it is there: nothing of a simulation outlives it, and waiting for a disk would be most of its time. */
const MEMORY_DISK = "/dev/shm";

async function realTier(): Promise<Tier> {
  const folder = await mkdtemp(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "sluice-sim-"));
  let world: World | null = null;
  const clock = {
    now: () => (world === null ? 1_800_000_000_000 : databaseClock(world).now()),
    monotonicMs: () => performance.now(),
    sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
  };
  const state = await openState({ file: join(folder, "state.db"), mode: "create", clock });
  const workDir = join(folder, "work");
  const planner = await openPlanner(
    { file: null, workDir, projectDir: folder, directories: [], memoryLimitMb: 512, cores: 1, clock },
    new AbortController().signal,
  );
  let seeds = 0;
  /** Tables of a former seed would be looked through by every later one. */
  const forgetAll = async (): Promise<void> => {
    for (const meta of await planner.metas()) await planner.forget(meta.sync, Number.MAX_SAFE_INTEGER);
  };
  const sessions = new Set<PlanSession>();
  const place = async (of: World): Promise<Place> => {
    world = of;
    // What dead processes left open.
    for (const session of sessions) await session.close();
    sessions.clear();
    await forgetAll();
    const audit: AuditEntry[] = [];
    const plan: Planner["plan"] = async (request) => {
      // Read before the planner is at work: a refusal may take virtual time.
      const rejects = await collected(request.rejects);
      const session = await of.real(() => planner.plan({ ...request, rejects: inPages(rejects) }));
      sessions.add(session);
      return throughWorld(session, of);
    };
    return {
      prefix: `s${++seeds}-`,
      account: `portal-${seeds}`,
      workDir,
      answers: newAnswers(),
      disks: null,
      audit: () => audit,
      planner: { ...throughWorld(planner, of), plan },
      state: {
        ...throughWorld(state, of),
        rejects: async function* (sync) {
          yield* await of.real(() => collected(state.rejects(sync)));
        },
        audit: (entry) => {
          audit.push(entry);
          return of.real(() => state.audit(entry));
        },
      },
    };
  };
  return {
    options: { place, isShort: true },
    close: async () => {
      await planner.close();
      await state.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function collected<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

async function* inPages<T>(pages: readonly T[]): AsyncGenerator<T> {
  yield* pages;
}

/** Real calls go one at a time, and virtual time waits for them. */
function throughWorld<T extends object>(port: T, world: World): T {
  const members = Object.entries(port).map(([key, member]: [string, unknown]) => {
    if (typeof member !== "function") return [key, member];
    return [key, (...args: unknown[]) => world.real(async () => (await Reflect.apply(member, port, args)) as unknown)];
  });
  return Object.fromEntries(members) as T;
}
