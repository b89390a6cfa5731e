import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { loadProject } from "../../../src/config/load-project.ts";
import type { ConnectorDefinition } from "../../../src/contract/connector.ts";
import type { Problem } from "../../../src/contract/fault.ts";
import type { LoadedProject, Project, Sync } from "../../../src/contract/project.ts";

const unused = () => Promise.reject(new Error("the config layer opens nothing"));

/** Two kinds of system, just rich enough for the config layer. */
export const CONNECTORS: readonly ConnectorDefinition[] = [
  {
    type: "duckdb",
    title: "DuckDB",
    config: z.strictObject({ path: z.string().meta({ description: "The database file." }).optional() }),
    warehouse: unused,
    destination: null,
    conformance: null,
    sandbox: null,
  },
  {
    type: "hubspot",
    title: "HubSpot",
    config: z.strictObject({
      access_token: z.string().min(1).meta({ secret: true, description: "Token of a private app." }),
      base_url: z.url().meta({ description: "Another address, for a sandbox." }).optional(),
      page_size: z.int().min(1).max(100).meta({ description: "Records a page." }).optional(),
    }),
    warehouse: null,
    destination: {
      abilities: {
        operations: ["upsert", "create", "update", "archive"],
        batchSize: 100,
        findSize: 100,
        searchSize: () => 100,
        findBytes: 10_000,
        upsertIsAtomic: true,
        concurrency: 4,
        firstWindow: { max: 100, intervalMs: 10_000 },
        searchWindow: null,
      },
      open: unused,
    },
    conformance: null,
    sandbox: null,
  },
];

export const SLUICE = `version: 1
connections:
  warehouse: { type: duckdb, path: warehouse.duckdb }
  crm: { type: hubspot, access_token: "\${env:HUBSPOT_TOKEN}" }
`;
export const MODEL = "/*---\nprimary_key: id\n---*/\nselect id, email from people\n";
export const SYNC = `model: people
destination: { connection: crm, object: contacts }
match: { email: email }
fields:
  email: email
`;

/** A sound project with one model and one sync; tests replace or add files. */
export const SOUND: Readonly<Record<string, string>> = {
  "sluice.yml": SLUICE,
  "models/people.sql": MODEL,
  "syncs/people.yml": SYNC,
};

export const ENV: Readonly<Record<string, string>> = { HUBSPOT_TOKEN: "pat-canary-4711" };

export type Folder = { readonly dir: string; readonly remove: () => Promise<void> };

export async function writeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<Folder> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-config-"));
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), content);
  }
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export type Setting = { readonly environment?: string | null; readonly env?: Readonly<Record<string, string>> };

export function loadFolder(dir: string, setting: Setting = {}): Promise<LoadedProject> {
  const env = setting.env ?? ENV;
  return loadProject({
    dir,
    environment: setting.environment ?? null,
    connectors: CONNECTORS,
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
  });
}

/** Loads the sound project with some files replaced. */
export async function load(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  setting: Setting = {},
): Promise<LoadedProject> {
  const folder = await writeFolder({ ...SOUND, ...files });
  try {
    return await loadFolder(folder.dir, setting);
  } finally {
    await folder.remove();
  }
}

export async function loadSound(files: Readonly<Record<string, string>> = {}, setting: Setting = {}): Promise<Project> {
  const loaded = await load(files, setting);
  if (!loaded.ok) throw new Error(`not sound:\n${loaded.problems.map(show).join("\n")}`);
  return loaded.project;
}

export async function loadSync(text: string, files: Readonly<Record<string, string>> = {}): Promise<Sync> {
  const project = await loadSound({ ...files, "syncs/people.yml": text });
  const sync = project.syncs.get("people");
  if (sync === undefined) throw new Error("the sync is missing");
  return sync;
}

/** As people read it, for golden texts. */
export function show(one: Problem): string {
  const fix = one.fix === null ? "" : ` | ${one.fix}`;
  const severity = one.severity === "warning" ? "warning " : "";
  return `${one.file}:${one.line}:${one.column} ${severity}${one.code} ${one.message}${fix}`;
}

export async function shown(
  files: Readonly<Record<string, string | Uint8Array>>,
  setting: Setting = {},
): Promise<string[]> {
  return (await load(files, setting)).problems.map(show);
}
