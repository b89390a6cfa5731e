import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const REPO = fileURLToPath(new URL("../..", import.meta.url));
const SLUICE = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));
const STOP_MS = 20_000;
const WATCH_MS = 20;

const children = new Set<ChildProcess>();

/** Ends what is still running, for the last lines of a script that failed or was interrupted. */
export function endChildren(): void {
  for (const child of children) child.kill("SIGKILL");
}

export type Sandbox = {
  readonly url: string;
  control(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
};

/**
 * `sluice sandbox` in a process of its own, on a free port; resolves when it listens. `more` are further options, which win
 * over those given here.
 */
export async function startSandbox(
  tier: string,
  vendor = "hubspot",
  more: readonly string[] = [],
  program = SLUICE,
): Promise<Sandbox> {
  const args = ["sandbox", `--${vendor}-port`, "0", "--tier", tier, "--json", ...more];
  const { found: url, stop } = await startChild(args, /"url": "([^"]+)"/, { program });
  return {
    url,
    control: async (method, path, body) => {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${url}/__sandbox/${path}`, { method, ...init });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`sandbox ${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
      return text === "" ? null : JSON.parse(text);
    },
    stop,
  };
}

export type Child = {
  readonly child: ChildProcess;
  /** What the program said by which it is known to be ready. */
  readonly found: string;
  stop(): Promise<void>;
};

/** `sluice …` that goes on until it is stopped; resolves once `ready` stands in what it says. Shows what it says on stderr. */
export async function startChild(
  args: readonly string[],
  ready: RegExp,
  { program = SLUICE, shows = () => true }: { program?: string; shows?: (line: string) => boolean } = {},
): Promise<Child> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  createInterface(child.stderr).on("line", (line) => {
    if (shows(line)) process.stderr.write(`${line}\n`);
  });
  const found = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const said = ready.exec(text)?.[1];
      if (said !== undefined) resolve(said);
    });
    child.once("exit", (status) => reject(new Error(`sluice ${args[0]} ended with status ${status} too early`)));
  });
  const stop = async (): Promise<void> => {
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(timer);
    children.delete(child);
  };
  return { child, found, stop };
}

export type Ended = {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Wall time from spawn to exit. */
  readonly seconds: number;
  /** The most resident memory it ever had (VmHWM), MB of 10^6 bytes; 0 where the system does not tell. */
  readonly peakMb: number;
};

/** `sluice …` in a process of its own, from the build in dist. */
export function sluice(args: readonly string[]): Promise<Ended> {
  return runNode([SLUICE, ...args]);
}

/** A TypeScript file in a process of its own. */
export function runScript(file: string, args: readonly string[]): Promise<Ended> {
  return runNode(["--import", "tsx", file, ...args]);
}

async function runNode(args: readonly string[]): Promise<Ended> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], cwd: REPO });
  children.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, peakMbOf(child.pid ?? 0));
  }, WATCH_MS);
  const status = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  clearInterval(watch);
  children.delete(child);
  return { status, stdout, stderr, seconds: (performance.now() - startedAt) / 1000, peakMb };
}

/** VmHWM of a process in MB of 10^6 bytes; it only grows, so the last look is the peak but for the last instant. */
export function peakMbOf(pid: number): number {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? 0 : (Number(kib) * 1024) / 1e6;
  } catch {
    // It has ended, or this is not Linux.
    return 0;
  }
}
