import { type ChildProcess, spawn } from "node:child_process";

export type Ended = {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From spawn to exit. */
  readonly ms: number;
};
export type Running = { readonly child: ChildProcess; readonly ended: Promise<Ended> };

/** A command that hangs is a finding, not something to wait for. */
const LONGEST_MS = 60_000;

const children = new Set<ChildProcess>();

/** Node with these arguments in a folder, with nothing of the tester's own environment. */
export function startProgram(
  dir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: dir,
    env: { PATH: process.env.PATH ?? "", HOME: dir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  let isOverdue = false;
  const timer = setTimeout(() => {
    isOverdue = true;
    child.kill("SIGKILL");
  }, LONGEST_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      children.delete(child);
      const text = `${args.slice(1).join(" ")} did not end within ${LONGEST_MS / 1000} s\n${texts.stderr}`;
      if (isOverdue) reject(new Error(text));
      else resolve({ status, signal, ...texts, ms: performance.now() - startedAt });
    });
  });
  return { child, ended };
}

/** Ends what this module started and still runs; also what is stopped. */
export function endPrograms(): void {
  for (const child of children) child.kill("SIGKILL");
}
