import { posix } from "node:path";
import type { Problem } from "../contract/fault.ts";
import type { Model, Sync } from "../contract/project.ts";
import { hint } from "../core/suggest.ts";
import { checkSync, type Surroundings } from "./check-sync.ts";
import { placeOf, problem } from "./problem.ts";
import type { Settings } from "./read-settings.ts";
import type { TextFile } from "./read-text.ts";
import { refuseNotYet } from "./refuse-not-yet.ts";
import { refuseStrayReferences, resolveSync, syncName, type Work } from "./resolve-sync.ts";
import { NAME, NAME_RULE } from "./schema-parts.ts";
import { defaultsLayer, type Layer, readLayer, stack } from "./sync-layers.ts";
import { readYaml } from "./yaml-file.ts";

const FOLDER = "syncs";

/** True for a file that only other files use. */
function isBase(file: string): boolean {
  return posix.basename(file).startsWith("_");
}

/** Reads every file below syncs/; problems are added, and what is sound comes back. */
export function readSyncs(
  sources: readonly TextFile[],
  files: readonly string[],
  settings: Settings | null,
  models: { readonly models: readonly Model[]; readonly names: ReadonlySet<string> },
  problems: Problem[],
): { syncs: Sync[]; names: ReadonlySet<string>; secrets: string[] } {
  const layers = new Map<string, Layer>();
  for (const source of sources) {
    const file = readYaml(source);
    if (Array.isArray(file)) problems.push(...file);
    else layers.set(source.file, readLayer(file, problems));
  }
  for (const layer of layers.values()) if (isBase(layer.file.file)) checkBase(layer, problems);
  const all = new Set(files);
  const named = files.filter((file) => !isBase(file));
  checkNames(named, problems);
  const around: Surroundings = { settings, modelNames: models.names, syncNames: new Set(named.map(syncName)) };
  const connections = new Map(models.models.map((model) => [model.name, model.connection]));
  const defaults = settings === null ? null : defaultsLayer(settings);
  const secrets: string[] = [];
  const syncs = [...layers.values()]
    .filter((layer) => !isBase(layer.file.file))
    .map((own) => {
      const base = baseOf(own, layers, all, problems);
      // Without its base nobody knows what the sync lacks.
      if (base === "unreadable") return null;
      const stacked = stack(
        own,
        [base, defaults].filter((layer) => layer !== null),
      );
      const work: Work = {
        layers: stacked,
        scope: settings?.scope ?? null,
        tells: settings?.tells ?? true,
        timezone: settings?.timezone ?? null,
        connectionOf: (model) => connections.get(model) ?? null,
        secrets,
        problems,
      };
      const sync = resolveSync(work);
      refuseNotYet(work);
      checkSync(work, sync, around);
      return sync;
    });
  return { syncs: syncs.filter((sync) => sync !== null), names: around.syncNames, secrets };
}

function checkBase(layer: Layer, problems: Problem[]): void {
  refuseStrayReferences(stack(layer, []), problems);
  if (layer.value.extends === undefined) return;
  const message = "a file that is extended cannot extend another one";
  problems.push(problem(placeOf(layer.file, ["extends"], "key"), "WRONG_VALUE", message, "move its keys here"));
}

function checkNames(files: readonly string[], problems: Problem[]): void {
  const first = new Map<string, string>();
  for (const file of files) {
    const place = { file, line: 1, column: 1 };
    const name = syncName(file);
    if (!NAME.test(name)) {
      problems.push(
        problem(place, "WRONG_NAME", `"${name}" cannot be the name of a sync`, `rename the file: ${NAME_RULE}`),
      );
    }
    const other = first.get(name);
    if (other === undefined) first.set(name, file);
    else
      problems.push(
        problem(
          place,
          "DUPLICATE_NAME",
          `there are two syncs "${name}": ${other} is the other`,
          "rename one of the files",
        ),
      );
  }
}

/** The layer that `extends` names: in the same folder, else in syncs/. */
function baseOf(
  own: Layer,
  layers: ReadonlyMap<string, Layer>,
  files: ReadonlySet<string>,
  problems: Problem[],
): Layer | "unreadable" | null {
  const wanted = own.value.extends;
  if (wanted === undefined) return own.broken.has("extends") ? "unreadable" : null;
  const file = [`${posix.dirname(own.file.file)}/${wanted}`, `${FOLDER}/${wanted}`].find((one) => files.has(one));
  if (file !== undefined) return layers.get(file) ?? "unreadable";
  const names = [...files].filter(isBase).map((one) => posix.basename(one));
  const folders = [...new Set([`${posix.dirname(own.file.file)}/`, `${FOLDER}/`])].join(" or ");
  const message = `there is no file ${wanted} in ${folders}`;
  problems.push(
    problem(placeOf(own.file, ["extends"]), "UNKNOWN_FILE", message, hint(wanted, names, "files to extend")),
  );
  return "unreadable";
}
