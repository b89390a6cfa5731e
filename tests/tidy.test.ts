// Proves that the code still has the shape that src/README.md draws: import directions, sizes, and a few words that must not come back.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

const product = [...filesUnder("src"), ...filesUnder("connectors")];
const textOf = (file: string): string => readFileSync(join(ROOT, file), "utf8");

function importsOf(file: string): { spec: string; typeOnly: boolean }[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?[^;'"]*?from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s+["']([^"']+)["']/g;
  return [...textOf(file).matchAll(pattern)].map((match) => ({
    spec: match[2] ?? match[3] ?? match[4] ?? "",
    typeOnly: match[1] !== undefined,
  }));
}

/** The layer a file belongs to: its folder under src, `connectors/NAME`, or the file itself at the top of src. */
function layerOf(file: string): string {
  const [top, second] = file.split("/");
  if (top === "connectors") return file.split("/").length === 2 ? "connectors" : `connectors/${second}`;
  return second?.endsWith(".ts") ? second : (second ?? "");
}

const ALL_BUT_CONNECTORS = ["contract", "core", "config", "kit", "planner", "delivery", "state"];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  core: ["contract"],
  config: ["contract", "core"],
  kit: ["contract", "core"],
  planner: ["contract", "core"],
  delivery: ["contract", "core"],
  state: ["contract"],
  alerts: ["contract", "core"],
  engine: ALL_BUT_CONNECTORS,
  service: ["engine", "alerts", "config", "core", "contract"],
  cli: ["service", "engine", "alerts", "config", "core", "contract"],
  "main.ts": ["cli", "wire.ts"],
  "wire.ts": ["cli", "service", "engine", "config", "contract", "connectors"],
  connectors: ["contract", "connectors/*"],
  "connectors/*": ["kit", "contract"],
};

function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  const allowed = MAY_IMPORT[from] ?? (from.startsWith("connectors/") ? MAY_IMPORT["connectors/*"] : undefined) ?? [];
  return allowed.includes(to) || (to.startsWith("connectors/") && allowed.includes("connectors/*"));
}

describe("import directions", () => {
  it.each(product)("%s imports only what its layer may", (file) => {
    for (const { spec } of importsOf(file)) {
      if (!spec.startsWith(".")) continue;
      const target = relative(ROOT, resolve(ROOT, dirname(file), spec));
      expect(mayImport(layerOf(file), layerOf(target)), `${file} imports ${target}`).toBe(true);
    }
  });

  it("only connectors and wire.ts know vendors' clients, only planner and duckdb know DuckDB, only state knows knex", () => {
    const homes: Readonly<Record<string, RegExp>> = {
      "@hubspot/api-client": /^connectors\/hubspot\//,
      jsforce: /^connectors\/salesforce\//,
      "@duckdb/node-api": /^(src\/planner|connectors\/duckdb)\//,
      knex: /^src\/state\//,
      libsql: /^src\/state\//,
      commander: /^src\/cli\/program\.ts$/,
      yaml: /^src\/config\//,
      nodemailer: /^src\/alerts\//,
      "node-cron": /^src\/core\/read-cron\.ts$/,
      fastify: /^src\/service\/api\//,
      pino: /^src\/service\/open-log\.ts$/,
      "prom-client": /^src\/service\/meters\.ts$/,
      "@opentelemetry": /^src\/service\/traces\//,
    };
    for (const file of product)
      for (const { spec } of importsOf(file)) {
        const home = Object.entries(homes).find(([name]) => spec === name || spec.startsWith(`${name}/`))?.[1];
        if (home !== undefined) expect(file, `imports ${spec}`).toMatch(home);
      }
  });

  it("contract imports no package but the type of zod", () => {
    for (const file of product.filter((path) => path.startsWith("src/contract/")))
      for (const { spec, typeOnly } of importsOf(file))
        if (!spec.startsWith(".")) expect([spec, typeOnly]).toEqual(["zod", true]);
  });
});

describe("size and words", () => {
  it.each(product)("%s has at most 400 lines", (file) => {
    expect(textOf(file).split("\n").length).toBeLessThanOrEqual(400);
  });

  it("process.env is read in wire.ts alone", () => {
    const readers = product.filter((file) => /process\.env\b/.test(textOf(file)));
    expect(readers).toEqual(["src/wire.ts"]);
  });

  it("no layer below the sandbox and wire asks the machine for time or chance", () => {
    const layers = /^src\/(contract|core|config|planner|delivery|state|alerts|engine)\//;
    const offenders = product.filter(
      (file) => layers.test(file) && /\b(Date\.now|Math\.random|setTimeout|setInterval)\b/.test(textOf(file)),
    );
    expect(offenders).toEqual([]);
  });

  it("DuckDB results are never streamed: a stream ends without a word when the query fails in the middle", () => {
    const offenders = product.filter((file) => /\b(streamAndRead\w*|yieldRows\w*|\.stream\()/.test(textOf(file)));
    expect(offenders).toEqual([]);
  });

  it("no default exports, enums, silenced checks or leftover marks", () => {
    const banned =
      /export default|^\s*(const )?enum |@ts-(ignore|expect-error|nocheck)|biome-ignore|\b(TODO|FIXME|XXX)\b/m;
    expect(product.filter((file) => banned.test(textOf(file)))).toEqual([]);
  });

  it("file names are kebab-case", () => {
    expect(product.filter((file) => !/^[a-z0-9/-]+\.ts$/.test(file))).toEqual([]);
  });

  it("every connector has the same files and a README", () => {
    for (const name of readdirSync(join(ROOT, "connectors")).filter((entry) =>
      statSync(join(ROOT, "connectors", entry)).isDirectory(),
    ))
      for (const file of ["index.ts", "config.ts", "describe.ts", "README.md"])
        expect(readdirSync(join(ROOT, "connectors", name)), `connectors/${name}`).toContain(file);
  });
});

it("every package that the product needs runs on the oldest Node that it names itself", () => {
  type Package = { readonly dev?: boolean; readonly engines?: { readonly node?: string } };
  const { packages } = JSON.parse(textOf("package-lock.json")) as { packages: Record<string, Package> };
  const oldest = Number(/^>=(\d+)/.exec(packages[""]?.engines?.node ?? "")?.[1]);
  const runsThere = (range: string) =>
    range.split("||").some((part) => {
      const [, sign = "", major = ""] = /^\s*(>=?|\^|~)?\s*v?(\d+|\*)/.exec(part) ?? [];
      return major === "*" || (sign.startsWith(">") ? Number(major) <= oldest : Number(major) === oldest);
    });
  const asks = Object.entries(packages).flatMap(([path, { dev, engines }]) =>
    dev === true || engines?.node === undefined || runsThere(engines.node) ? [] : [`${path}: ${engines.node}`],
  );
  expect(oldest).toBeGreaterThanOrEqual(20);
  expect(asks).toEqual([]);
});
