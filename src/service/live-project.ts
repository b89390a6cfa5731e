import type { Clock } from "../contract/clock.ts";
import type { Problem } from "../contract/fault.ts";
import type { LoadedProject, Project } from "../contract/project.ts";
import { asFault } from "../core/as-fault.ts";
import type { Workbench } from "../engine/workbench.ts";

/** The project as it was read at one moment, with what works on it. */
export type Loaded = {
  readonly project: Project;
  readonly bench: Workbench;
  readonly warnings: readonly Problem[];
  readonly loadedAtMs: number;
};

/** Files that are not taken over. */
export type Refused = { readonly atMs: number; readonly problems: readonly Problem[] };

/** The project while its files change under it: the last sound one is at work, and whoever began with an older one keeps it. */
export interface LiveProject {
  current(): Loaded;
  /** What is wrong with the files as they stand now; null where they are at work. */
  refused(): Refused | null;
  /** Keeps today's project open until it is released. */
  pin(): { readonly loaded: Loaded; readonly release: () => Promise<void> };
  /** Looks at the files now, as it does by itself from time to time. */
  look(): Promise<void>;
  close(): Promise<void>;
}

export type LiveOptions = {
  readonly first: { readonly project: Project; readonly problems: readonly Problem[] };
  readonly load: () => Promise<LoadedProject>;
  /** Changes when there is something new to load. */
  readonly fingerprint: () => Promise<string>;
  /** A change is whole at once; false: files are written one by one, and count once two looks found them the same. */
  readonly isAtomic: boolean;
  /** A workbench over the service's own state and planner, which its closing leaves open. */
  readonly openBench: (project: Project) => Workbench;
  /** Why this project cannot be taken over without a new start; null where it can. */
  readonly needsRestart: (project: Project) => string | null;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onLoaded: (loaded: Loaded) => Promise<void>;
  readonly onRefused: (refused: Refused) => void;
};

export async function openLiveProject(options: LiveOptions): Promise<LiveProject> {
  const { clock } = options;
  const stopping = new AbortController();
  const pins = new Map<Loaded, number>();
  const take = (project: Project, warnings: readonly Problem[]): Loaded => {
    const loaded = { project, bench: options.openBench(project), warnings, loadedAtMs: clock.now() };
    pins.set(loaded, 0);
    return loaded;
  };
  let current = take(options.first.project, options.first.problems);
  let refused: Refused | null = null;
  let known = await options.fingerprint();
  let seen = known;

  const closeUnused = async (loaded: Loaded): Promise<void> => {
    if (loaded === current || pins.get(loaded) !== 0) return;
    pins.delete(loaded);
    await loaded.bench.close();
  };
  const refuse = (problems: readonly Problem[]): void => {
    refused = { atMs: clock.now(), problems };
    options.onRefused(refused);
  };
  const reload = async (): Promise<void> => {
    const read = await options.load().catch((error: unknown) => ({ ok: false as const, problems: [problemOf(error)] }));
    if (!read.ok) return refuse(read.problems);
    const restart = options.needsRestart(read.project);
    if (restart !== null) return refuse([problemOf(new Error(restart))]);
    const former = current;
    current = take(read.project, read.problems);
    refused = null;
    try {
      await options.onLoaded(current);
    } finally {
      await closeUnused(former);
    }
  };
  const look = async (): Promise<void> => {
    const now = await options.fingerprint();
    // A file that is still being written is another one at the next look.
    const isStill = options.isAtomic || now === seen;
    seen = now;
    if (now === known || !isStill) return;
    known = now;
    try {
      await reload();
    } catch (error) {
      // Half done is tried again at the next look.
      known = "";
      throw error;
    }
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      try {
        await clock.sleep(options.everyMs, stopping.signal);
      } catch {
        return;
      }
      await look().catch((error: unknown) => refuse([problemOf(error)]));
    }
  };
  const watching = watch();
  return {
    current: () => current,
    refused: () => refused,
    pin: () => {
      const loaded = current;
      pins.set(loaded, (pins.get(loaded) ?? 0) + 1);
      const release = async (): Promise<void> => {
        pins.set(loaded, (pins.get(loaded) ?? 1) - 1);
        await closeUnused(loaded);
      };
      return { loaded, release };
    },
    look,
    close: async () => {
      stopping.abort(new Error("the service stops"));
      await watching;
      for (const loaded of pins.keys()) await loaded.bench.close();
    },
  };
}

function problemOf(error: unknown): Problem {
  const { code, message, fix } = asFault(error);
  return { severity: "error", file: "sluice.yml", line: 1, column: 1, code, message, fix };
}
