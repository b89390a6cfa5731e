import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Builds the program once before the tests, where a source is newer than what was built. End-to-end tests run that. */
export function setup(): void {
  const sources = ["src", "connectors"].flatMap(filesBelow).concat("tsconfig.json", "tsconfig.build.json");
  const newest = Math.max(...sources.map((file) => changedAt(file)));
  if (changedAt("dist/src/main.js") > newest) return;
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
    cwd: ROOT,
    stdio: "inherit",
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file}`);
}

function changedAt(file: string): number {
  return statSync(`${ROOT}${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
