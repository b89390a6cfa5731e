import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, vi } from "vitest";
import type { planJson } from "../../src/cli/plan-json.ts";
import type { runJson } from "../../src/core/run-json.ts";

export const PROGRAM = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));
const LONGEST_MS = 100_000;
/** A test starts many processes side by side: on a busy machine that takes its time. */
const TEST_MS = 120_000;

export type RunDocument = ReturnType<typeof runJson>;
export type PlanDocument = ReturnType<typeof planJson>;
export type ErrorDocument = {
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
  readonly problems?: readonly {
    file: string;
    line: number;
    column: number;
    code: string;
    message: string;
    fix: string | null;
  }[];
};

export type Ended = {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Running = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once it has written this to stderr. */
  says(pattern: RegExp): Promise<void>;
};

/** A project in a folder of its own, and the real program in it. */
export interface Project {
  readonly dir: string;
  /** Texts as they are, anything else as JSON (which YAML is, too). */
  write(files: Readonly<Record<string, unknown>>): void;
  remove(...files: readonly string[]): void;
  read(file: string): string;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Running;
  sluice(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** `sluice … --json`, its one document parsed. */
  json<T>(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended & { readonly document: T }>;
  run(...args: readonly string[]): Promise<Ended & { readonly run: RunDocument; readonly error: ErrorDocument | null }>;
  plan(...args: readonly string[]): Promise<PlanDocument>;
}

/** Makes projects that are gone, their processes with them, when the test file ends. */
export function projectMaker(): (files?: Readonly<Record<string, unknown>>) => Project {
  vi.setConfig({ testTimeout: TEST_MS });
  const dirs: string[] = [];
  const children = new Set<ChildProcess>();
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  });
  return (files = {}) => {
    const dir = mkdtempSync(join(tmpdir(), "sluice-e2e-"));
    dirs.push(dir);
    const project = projectIn(dir, children);
    project.write(files);
    return project;
  };
}

function projectIn(dir: string, children: Set<ChildProcess>): Project {
  const start: Project["start"] = (args, env = {}) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: dir,
      // Nothing of the tester's own environment gets in.
      env: { PATH: process.env.PATH ?? "", HOME: dir, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LONGEST_MS,
      killSignal: "SIGKILL",
    });
    children.add(child);
    return { child, ended: ending(child).finally(() => children.delete(child)), says: saying(child) };
  };
  const sluice: Project["sluice"] = (args, env) => start(args, env).ended;
  const json = async <T>(args: readonly string[], env?: Readonly<Record<string, string>>) => {
    const ended = await sluice([...args, "--json"], env);
    return { ...ended, document: parsed<T>(args, ended) };
  };
  return {
    dir,
    write: (files) => {
      for (const [file, content] of Object.entries(files)) {
        const path = join(dir, file);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 1));
      }
    },
    remove: (...files) => {
      for (const file of files) rmSync(join(dir, file), { recursive: true });
    },
    read: (file) => readFileSync(join(dir, file), "utf8"),
    start,
    sluice,
    json,
    run: async (...args) => {
      const { document, ...ended } = await json<{ run: RunDocument; error?: ErrorDocument }>(["run", ...args]);
      return { ...ended, run: document.run, error: document.error ?? null };
    },
    plan: async (...args) => {
      const { document, stderr } = await json<{ plan?: PlanDocument }>(["plan", ...args]);
      if (document.plan === undefined) throw new Error(`no plan: ${JSON.stringify(document)}\n${stderr}`);
      return document.plan;
    },
  };
}

function ending(child: ChildProcess): Promise<Ended> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, ...texts }));
  });
}

function saying(child: ChildProcess): Running["says"] {
  let said = "";
  child.stderr?.on("data", (text: string) => {
    said += text;
  });
  return (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (pattern.test(said)) resolve();
      };
      look();
      child.stderr?.on("data", look);
      child.on("close", () => reject(new Error(`it never said ${pattern}: ${said}`)));
    });
}

function parsed<T>(args: readonly string[], { status, stdout, stderr }: Ended): T {
  try {
    return JSON.parse(stdout) as T;
  } catch (cause) {
    throw new Error(`sluice ${args.join(" ")} (exit ${status}) printed no JSON document:\n${stdout}\n${stderr}`, {
      cause,
    });
  }
}
