import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startHubspotSandbox } from "../../../connectors/hubspot/sandbox/server.ts";
import { connectors } from "../../../connectors/index.ts";
import { fingerprint } from "../../../src/config/fingerprint.ts";
import { loadProject } from "../../../src/config/load-project.ts";
import type { LoadedProject } from "../../../src/contract/project.ts";
import type { Scope, ServiceStore, TokenRecord } from "../../../src/contract/service.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import { openMemory } from "../../../src/engine/open-memory.ts";
import { openWorkbench } from "../../../src/engine/workbench.ts";
import { tokenHash } from "../../../src/service/api/caller.ts";
import { readPlace } from "../../../src/service/note-place.ts";
import { openLog } from "../../../src/service/open-log.ts";
import { type ServeOptions, type Service, serve } from "../../../src/service/serve.ts";
import { systemClock } from "../../../src/wire.ts";
import { CUSTOMER_ID, PEOPLE_SYNC, type Person, projectFile } from "../../e2e/people.ts";
import { type Portal, portalAt } from "../../e2e/portal.ts";
import { type Answered, type Asked, ask } from "./ask.ts";

export type RigOptions = {
  readonly people?: readonly Person[];
  /** Objects as JSON, which YAML is, too. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Further keys of sluice.yml. */
  readonly settings?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the sandbox. */
  readonly vendor?: string;
  readonly serve?: Partial<ServeOptions>;
};

/** A service as `sluice serve` runs it, in this process: real state, planner, warehouse and worker, a sandbox for a vendor. */
export interface Rig {
  readonly dir: string;
  readonly url: string;
  readonly service: Service;
  readonly state: StateStore & ServiceStore;
  readonly portal: Portal;
  readonly log: readonly string[];
  /** What the commands of this machine use. */
  readonly localKey: string;
  write(files: Readonly<Record<string, unknown>>): Promise<void>;
  /** By whoever has the local key, unless the headers say otherwise. */
  ask(method: string, path: string, asked?: Asked): Promise<Answered>;
  /** The header of a new token. */
  token(scopes: readonly Scope[], part?: Partial<TokenRecord>): Promise<{ readonly authorization: string }>;
  /** Starts a run and gives it when it is over. */
  run(sync: string, body?: object): Promise<Readonly<Record<string, unknown>> & { readonly id: string }>;
  close(): Promise<void>;
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const sandbox = await startHubspotSandbox({ port: 0, seed: 1, tier: "unlimited", dataFile: null });
  const portal = portalAt(sandbox.url);
  for (const object of ["contacts", "companies"]) await portal.addFields(object, [CUSTOMER_ID]);
  const dir = await mkdtemp(join(tmpdir(), "sluice-rig-"));
  const write = (files: Readonly<Record<string, unknown>>) => writeFiles(dir, files);
  await write({
    "sluice.yml": { ...projectFile(options.vendor ?? sandbox.url), ...options.settings },
    "models/people.sql": peopleSql(dir),
    "syncs/people.yml": { ...PEOPLE_SYNC, schedule: { every: "12h" } },
    "people.json": options.people ?? [],
    ...options.files,
  });
  const log: string[] = [];
  const started = await start(dir, options, log);
  const { service, state, localKey } = started;
  const local = { authorization: `Bearer ${localKey}` };
  const asking: Rig["ask"] = (method, path, asked = {}) =>
    ask(service.url, method, path, { ...asked, headers: { ...local, ...asked.headers } });
  return {
    ...{ dir, url: service.url, service, state, portal, log, localKey, write, ask: asking },
    token: async (scopes, part = {}) => {
      const key = `slc_${randomBytes(32).toString("base64url")}`;
      const id = randomBytes(9).toString("hex");
      const blank = { syncs: null, createdAt: Date.now(), expiresAt: null, revokedAt: null, usedAt: null };
      await state.putToken({ id, name: id, sha256: tokenHash(key), scopes, ...blank, ...part });
      return { authorization: `Bearer ${key}` };
    },
    run: async (sync, body = {}) => {
      const { body: run, text } = await asking("POST", `/api/v1/syncs/${sync}/runs`, { body: { wait: 30, ...body } });
      if (typeof run.id !== "string" || run.ended_at === null)
        throw new Error(`the run of ${sync} does not end: ${text}`);
      return { ...run, id: run.id };
    },
    close: async () => {
      await started.close();
      await sandbox.close();
      await rm(dir, { recursive: true });
    },
  };
}

async function start(dir: string, { env = {}, serve: changed = {} }: RigOptions, log: string[]) {
  const load = () => loadProject({ dir, environment: null, connectors, env: (name) => env[name] });
  const first = sound(await load());
  const clock = systemClock();
  const folders = { project: first.project, clock, mode: "run", directories: [] } as const;
  const { state, planner } = await openMemory(folders, AbortSignal.timeout(10_000));
  if (state === null) throw new Error("no state");
  const kept = { close: async () => undefined };
  const shared = {
    planner: { ...planner, ...kept },
    state: { ...state, ...kept },
    clock,
    random: Math.random,
    connectors,
  };
  try {
    const service = await serve({
      ...{ first, load, clock, random: Math.random, state, planner, lookEveryMs: 60_000, version: "9.9.9" },
      isAtomic: false,
      fingerprint: () => fingerprint(dir),
      openBench: (project) => openWorkbench({ project, ...shared }),
      needsRestart: () => null,
      log: openLog(
        (line) => log.push(line),
        () => first.project.secrets,
      ),
      ...{ holder: "1@rig", who: "Ann", isDead: () => false, host: "127.0.0.1", port: 0, allowedHosts: [] },
      ...changed,
    });
    const place = await readPlace(first.project.workDir);
    const close = async (): Promise<void> => {
      await service.stop();
      await planner.close();
      await state.close();
    };
    return { service, state, localKey: place?.key ?? "", close };
  } catch (error) {
    await planner.close();
    await state.close();
    throw error;
  }
}

function sound(loaded: LoadedProject): Extract<LoadedProject, { ok: true }> {
  if (loaded.ok) return loaded;
  throw new Error(loaded.problems.map(({ file, message }) => `${file}: ${message}`).join("\n"));
}

async function writeFiles(dir: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), typeof content === "string" ? content : JSON.stringify(content, null, 1));
  }
}

/** Absolute: the tests' process stays where it is. */
function peopleSql(dir: string): string {
  return `/*---
connection: warehouse
primary_key: id
---*/
select * from read_json('${dir}/people.json', format = 'array', columns = {
  id: 'INTEGER', email: 'VARCHAR', first: 'VARCHAR', last: 'VARCHAR', city: 'VARCHAR', stage: 'VARCHAR', note: 'VARCHAR',
  updated: 'INTEGER'
})
`;
}

/** Waits until it is so. */
export async function until(holds: () => boolean | Promise<boolean>, longestMs = 50_000): Promise<void> {
  const endMs = performance.now() + longestMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`still not so after ${longestMs} ms: ${holds.toString()}`);
    await delay(5);
  }
}
