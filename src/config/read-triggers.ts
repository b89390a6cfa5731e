import { Fault, type Problem } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { Trigger } from "../contract/trigger.ts";
import { selectSyncs } from "../core/select.ts";
import { hint } from "../core/suggest.ts";
import { type Path, placeOf, problem } from "./problem.ts";
import { isReference } from "./read-endpoint.ts";
import type { Settings } from "./read-settings.ts";
import { resolveText } from "./references.ts";
import type { TriggerFile } from "./trigger-schema.ts";

export type KnownSyncs = {
  readonly syncs: readonly Sync[];
  /** Of every sync that has a file, sound or not. */
  readonly names: ReadonlySet<string>;
};

/** Reads `triggers:` of sluice.yml; one whose secret is missing on this machine is left out, with a warning. */
export function readTriggers(
  settings: Settings,
  known: KnownSyncs,
  secrets: string[],
  problems: Problem[],
): Map<string, Trigger> {
  const read = new Map<string, Trigger>();
  for (const [name, trigger] of Object.entries(settings.triggers)) {
    const syncs = syncsOf(settings, name, trigger, known, problems);
    const own = secretsOf(settings, name, trigger, problems);
    secrets.push(...own);
    if (own.length === 0) continue;
    const jobs = trigger.type === "dbt_cloud" && trigger.jobs !== undefined ? trigger.jobs.map(String) : null;
    read.set(name, { name, type: trigger.type, secrets: own, syncs, jobs });
  }
  return read;
}

function syncsOf(
  { file }: Settings,
  name: string,
  trigger: TriggerFile,
  { syncs, names }: KnownSyncs,
  problems: Problem[],
): string[] {
  const path = ["triggers", name];
  if (trigger.syncs === undefined && trigger.select === undefined) {
    const message = `trigger "${name}" starts nothing`;
    problems.push(
      problem(placeOf(file, path, "key"), "MISSING_KEY", message, "add syncs: [NAME] or select: [tag:NAME]"),
    );
  }
  const chosen = new Set<string>();
  trigger.syncs?.forEach((sync, index) => {
    chosen.add(sync);
    if (names.has(sync)) return;
    const place = placeOf(file, [...path, "syncs", index]);
    problems.push(problem(place, "UNKNOWN_SYNC", `there is no sync "${sync}"`, hint(sync, names, "syncs")));
  });
  const all = new Map(syncs.map((sync) => [sync.name, sync]));
  trigger.select?.forEach((selector, index) => {
    try {
      const selection = { names: [], selectors: [selector], all: false };
      for (const sync of selectSyncs({ syncs: all }, selection)) chosen.add(sync.name);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // A sync that could not be read may be the one that is meant.
      if (all.size < names.size) return;
      const place = placeOf(file, [...path, "select", index]);
      problems.push(problem(place, "UNKNOWN_SELECTOR", `trigger "${name}": ${error.message}`, error.fix));
    }
  });
  return [...chosen].sort();
}

/** Those that are there on this machine: while a secret is changed, one may be missing. */
function secretsOf({ file, scope }: Settings, name: string, trigger: TriggerFile, problems: Problem[]): string[] {
  const root: Path = ["triggers", name, "secret"];
  const written = typeof trigger.secret === "string" ? [trigger.secret] : trigger.secret;
  return written.flatMap((text, index): string[] => {
    const place = placeOf(file, typeof trigger.secret === "string" ? root : [...root, index]);
    const whose = `trigger "${name}"`;
    if (!isReference(text)) {
      const variable = `${name}_secret`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
      const message = `${whose}: its secret must not stand in the file`;
      problems.push(problem(place, "SECRET_LITERAL", message, `write "\${env:${variable}}" or "\${file:PATH}"`));
      return [];
    }
    const found: Problem[] = [];
    const resolved = resolveText(text, scope, place, whose, found);
    problems.push(...found.map(notHere));
    return resolved === null ? [] : [resolved.constant.text];
  });
}

/** Who only works on the files, or runs them by hand, needs no key to the service. */
function notHere(one: Problem): Problem {
  if (one.code !== "ENV_MISSING" && one.code !== "FILE_MISSING") return one;
  return { ...one, severity: "warning", message: `${one.message}; here nobody can start it by this secret` };
}
