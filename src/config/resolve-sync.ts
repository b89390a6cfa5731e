import { posix } from "node:path";
import type { Problem } from "../contract/fault.ts";
import type { DuplicateMatch, FieldMapping, MatchEntry, Removal, Sync } from "../contract/project.ts";
import { configHash } from "./config-hash.ts";
import { type Path, problem } from "./problem.ts";
import { piecesOf, resolveText, type Scope, unknownScheme } from "./references.ts";
import { resolveGuards, shareOf } from "./resolve-guards.ts";
import { resolveHooks } from "./resolve-hooks.ts";
import { resolveOnSuccess } from "./resolve-on-success.ts";
import { resolveSchedule } from "./resolve-schedule.ts";
import type { Layers } from "./sync-layers.ts";
import type { SyncFile } from "./sync-schema.ts";

/** What the parts of a sync are resolved with. */
export type Work = {
  readonly layers: Layers;
  /** null where sluice.yml could not be read: references are then left alone. */
  readonly scope: Scope | null;
  /** False where nobody is told of runs: addresses of messages are then left alone. */
  readonly tells: boolean;
  /** The project's. */
  readonly timezone: string | null;
  /** Where a model is read; null where the model is not sound. */
  readonly connectionOf: (model: string) => string | null;
  readonly secrets: string[];
  readonly problems: Problem[];
};

export function syncName(file: string): string {
  return posix.basename(file).replace(/\.ya?ml$/i, "");
}

/** Builds the sync from its layers; whether it fits the project is asked afterwards. Problems are added to `work`. */
export function resolveSync(work: Work): Sync {
  const { merged, source } = work.layers;
  const write = merged.write === "append" || merged.write === undefined ? "upsert" : merged.write;
  const onRemoved = resolveRemoval(work, "on_removed", { kind: "none" });
  // Archiving what we did not create must be said; changing fields on removal is meant for every linked record (S12).
  const forAdopted: Removal = takesAway(onRemoved) ? { kind: "none" } : onRemoved;
  const sync: Omit<Sync, "configHash"> = {
    name: syncName(source.file),
    description: merged.description ?? null,
    owner: merged.owner ?? null,
    tags: merged.tags ?? [],
    model: typeof merged.model === "string" ? merged.model : "",
    connection: merged.destination?.connection ?? "",
    object: merged.destination?.object ?? "",
    write,
    match: resolveMatch(merged.match),
    onAmbiguous: merged.on_ambiguous ?? "reject",
    onDuplicateMatch: resolveDuplicateMatch(merged.on_duplicate_match),
    onMissingRecord: merged.on_missing_record ?? (write === "upsert" ? "rematch" : "skip"),
    onRemoved,
    onRemovedAdopted: resolveRemoval(work, "on_removed_adopted", forAdopted),
    allowCascade: merged.allow_cascade ?? false,
    fields: resolveFields(work),
    sendTogether: merged.send_together ?? [],
    priority: merged.priority ?? "normal",
    guards: resolveGuards(merged.guards),
    holdsPartly: typeof merged.guards === "object" && merged.guards.partial === true,
    tolerate: resolveTolerate(merged.tolerate),
    onMappingChange: merged.on_mapping_change ?? "backfill",
    suppress: merged.suppress ?? null,
    alerts: merged.alerts ?? null,
    onSuccess: resolveOnSuccess(work),
    schedule: resolveSchedule(work, typeof merged.model === "string" ? merged.model : ""),
    hooks: resolveHooks(work, syncName(source.file)),
    renamedFrom: merged.renamed_from ?? null,
    source,
  };
  refuseStrayReferences(work.layers, work.problems);
  return { ...sync, configHash: configHash(sync) };
}

/** A list of codes alone tolerates any number of them. */
function resolveTolerate(tolerate: SyncFile["tolerate"]): Sync["tolerate"] {
  const codes = tolerate?.codes ?? [];
  if (tolerate?.rejected !== undefined) return { rejectedShare: shareOf(tolerate.rejected), codes };
  return { rejectedShare: codes.length > 0 ? 1 : 0, codes };
}

function resolveMatch(match: SyncFile["match"]): MatchEntry[] {
  const entries = match === undefined ? [] : Array.isArray(match) ? match : [match];
  return entries.map((entry) => Object.entries(entry).map(([field, column]) => ({ field, column })));
}

function resolveDuplicateMatch(setting: SyncFile["on_duplicate_match"]): DuplicateMatch {
  if (setting === undefined || setting === "reject") return { policy: "reject" };
  if (setting.keep === "linked") return { policy: "keep_linked" };
  return { policy: "keep_latest", by: setting.by ?? "" };
}

function resolveFields(work: Work): FieldMapping[] {
  const { merged } = work.layers;
  const onNull = merged.on_null ?? "clear_ours";
  const onBlank = merged.on_blank ?? "as_null";
  return Object.entries(merged.fields ?? {}).flatMap(([field, setting]): FieldMapping[] => {
    if (typeof setting === "string") return [{ field, from: { column: setting }, onNull, onBlank }];
    if ("lookup" in setting) return [];
    if ("value" in setting) {
      const value = resolveConstant(work, ["fields", field, "value"]);
      return value === null ? [] : [{ field, from: { value }, onNull, onBlank }];
    }
    const policies = { onNull: setting.on_null ?? onNull, onBlank: setting.on_blank ?? onBlank };
    return [{ field, from: { column: setting.column }, ...policies }];
  });
}

/** Exact text of a constant, references resolved; null where that failed. */
function resolveConstant(work: Work, path: Path): string | null {
  const { layers, scope, problems } = work;
  const constant = layers.constant(path);
  if (constant === null) {
    problems.push(problem(layers.place(path), "WRONG_VALUE", "a constant must be text, a finite number or a boolean"));
    return null;
  }
  if (constant.kind !== "text" || scope === null) return constant.text;
  const resolved = resolveText(
    constant.text,
    scope,
    layers.place(path),
    `sync "${syncName(layers.source.file)}"`,
    problems,
  );
  for (const reference of resolved?.references ?? []) {
    if (reference.scheme === "file") work.secrets.push(reference.text);
  }
  return resolved?.constant.text ?? null;
}

/** Records that were there before us are never archived or deleted unless the sync says so of them (S12). */
function takesAway(removal: Removal): boolean {
  return removal.kind === "archive" || removal.kind === "delete";
}

function resolveRemoval(work: Work, key: "on_removed" | "on_removed_adopted", fallback: Removal): Removal {
  const setting = work.layers.merged[key];
  if (setting === undefined) return fallback;
  if (typeof setting === "string") return { kind: setting };
  const fields = Object.keys(setting.set).flatMap((field): [string, string][] => {
    const value = resolveConstant(work, [key, "set", field]);
    return value === null ? [] : [[field, value]];
  });
  return { kind: "set", fields: Object.fromEntries(fields) };
}

/** Keys whose texts are either free or resolved above. */
const FREE_TEXT = ["description", "owner", "meta", "extends"];

/** A reference where none is resolved would be taken literally: say so, of the strongest layer. */
export function refuseStrayReferences(layers: Layers, problems: Problem[]): void {
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value))
        visit(inner, [...path, Array.isArray(value) ? Number(key) : key]);
      return;
    }
    const isSql = path[0] === "schedule" && path[3] === "sql";
    const isValue = (path[0] === "fields" && path[2] === "value") || path[1] === "set";
    const isResolved = isSql || isValue || path[0] === "on_success" || path[0] === "hooks";
    if (typeof value !== "string" || isResolved || !value.includes("${")) return;
    const reference = piecesOf(value).find((piece) => typeof piece !== "string");
    if (reference === undefined) return;
    const isKnown = ["env", "file", "var"].includes(reference.scheme);
    const { message, fix } = isKnown ? STRAY : unknownScheme(reference);
    problems.push(problem(layers.place(path), "UNKNOWN_REFERENCE", message, fix));
  };
  for (const [key, value] of Object.entries(layers.own.value)) if (!FREE_TEXT.includes(key)) visit(value, [key]);
}

const STRAY = {
  message: "references are not available here",
  fix: `they stand in sluice.yml, in { value: … } of a field, and as \${var:…} in a model's SQL`,
};
