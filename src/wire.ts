import { realpathSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { resolve } from "node:path";
import { connectors } from "../connectors/index.ts";
import type { Services } from "./cli/services.ts";
import { loadProject } from "./config/load-project.ts";
import type { Clock } from "./contract/clock.ts";
import { Fault } from "./contract/fault.ts";
import type { Project } from "./contract/project.ts";

/** The composition root: the only file that sees connectors, state, the clock and process.env together. */
export function wire(clock: Clock = systemClock()): Services {
  const holder = `${process.pid}@${hostname()}`;
  return {
    clock,
    random: Math.random,
    connectors,
    holder,
    who: userName(),
    isDead: (other) => isDead(other),
    loadProject: (options) =>
      loadProject({
        dir: options.dir,
        ...(options.filesIn === undefined ? {} : { filesIn: options.filesIn }),
        environment: options.environment ?? process.env.SLUICE_ENV ?? null,
        connectors,
        env: (name) => process.env[name],
      }),
    openBench: async (project, mode, signal) => {
      // DuckDB resolves a model's relative paths (read_csv('people.csv')) against the working directory of the process.
      process.chdir(realpathSync(project.dir));
      // Loaded here: a command that only reads files starts without DuckDB.
      const { openMemory } = await import("./engine/open-memory.ts");
      const { openWorkbench } = await import("./engine/workbench.ts");
      const memory = await openMemory({ project, clock, mode, directories: directoriesOf(project) }, signal);
      return openWorkbench({ project, clock, random: Math.random, connectors, ...memory });
    },
    openService: async (first, { writeLog, ...options }, signal) => {
      const { project } = first;
      process.chdir(realpathSync(project.dir));
      const { openMemory } = await import("./engine/open-memory.ts");
      const { openWorkbench } = await import("./engine/workbench.ts");
      const { openLog } = await import("./service/open-log.ts");
      const { serve } = await import("./service/serve.ts");
      const { chooseTraces } = await import("./service/traces/choose-traces.ts");
      const folders = directoriesOf(project);
      const memory = await openMemory({ project, clock, mode: "run", directories: folders }, signal);
      const { planner } = memory;
      const state = memory.state as NonNullable<typeof memory.state>;
      const closeMemory = async (): Promise<void> => {
        await planner.close();
        await state.close();
      };
      let secrets = project.secrets;
      const kept = { close: async () => undefined };
      try {
        const log = openLog(writeLog, () => secrets);
        const { version } = options;
        const traces = await chooseTraces((name) => process.env[name], { version, clock, log });
        const service = await serve({
          ...{ first, clock, random: Math.random, state, planner, holder, who: userName(), isDead, ...options },
          ...{ log, traces },
          openBench: (of) => {
            secrets = [...new Set([...secrets, ...of.secrets])];
            const shared = { planner: { ...planner, ...kept }, state: { ...state, ...kept } };
            return openWorkbench({ project: of, clock, random: Math.random, connectors, ...shared });
          },
          needsRestart: (of) => whyRestart(project, of, folders),
        });
        const stop = async (): Promise<void> => {
          await service.stop();
          await closeMemory();
        };
        return { url: service.url, stop };
      } catch (error) {
        await closeMemory();
        throw error;
      }
    },
  };
}

/** What is opened once for the life of a service cannot change under it. */
function whyRestart(before: Project, after: Project, folders: readonly string[]): string | null {
  if (after.stateFile !== before.stateFile) return "state.url is another: stop the service and start it again";
  if (after.environment !== before.environment)
    return "the environment is another: stop the service and start it again";
  const now = directoriesOf(after);
  const isSame = now.length === folders.length && now.every((folder) => folders.includes(folder));
  return isSame ? null : "the folders that models may read are others: stop the service and start it again";
}

/** Folders outside the project that a connection's config opens to SQL. Faults: CONFIG_INVALID, WAREHOUSE_UNREACHABLE. */
function directoriesOf(project: Project): string[] {
  return [...project.connections.values()].flatMap((connection) => {
    const directories = connection.config.directories;
    const texts = Array.isArray(directories) ? directories.filter((entry) => typeof entry === "string") : [];
    return texts.map((directory) => folderOf(project.dir, directory, connection.name));
  });
}

function folderOf(projectDir: string, directory: string, connection: string): string {
  try {
    const folder = realpathSync(resolve(projectDir, directory));
    if (statSync(folder).isDirectory()) return folder;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR")
      throw new Fault("WAREHOUSE_UNREACHABLE", `connection "${connection}": the folder ${directory}: ${message}`, {
        fix: "check the permissions of the folder and of those above it",
        cause: error,
      });
  }
  throw new Fault("CONFIG_INVALID", `connection "${connection}": the folder ${directory} is not there`, {
    fix: "create it, or remove it from directories; it is relative to the project folder",
  });
}

/** The machine's own. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const wake = (): void => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener("abort", wake);
          resolve();
        }, ms);
        signal.addEventListener("abort", wake, { once: true });
      }),
  };
}

/** A holder on this machine whose process is gone can hold nothing; of another machine only the lease's end tells. */
function isDead(holder: string): boolean {
  const [pid, host] = holder.split("@");
  if (host !== hostname()) return false;
  if (Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container without a passwd entry has no name for its user.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
