import type { Problem } from "../contract/fault.ts";
import type { SourceFile } from "../contract/project.ts";
import { type Path, type Place, placeOf } from "./problem.ts";
import { readLenient } from "./read-lenient.ts";
import type { Settings } from "./read-settings.ts";
import { OTHER_NAMES, type SyncFile, syncSchema } from "./sync-schema.ts";
import type { Constant, YamlFile } from "./yaml-file.ts";

/** One file below syncs/, or the `defaults` of sluice.yml, read by itself. */
export type Layer = {
  readonly file: YamlFile;
  /** Where in the file the layer's keys stand. */
  readonly prefix: Path;
  readonly value: SyncFile;
  readonly broken: ReadonlySet<string>;
};

/** What a sync says once its defaults and its base are taken over, and where each word of it stands. */
export type Layers = {
  readonly own: Layer;
  readonly merged: SyncFile;
  readonly isBroken: (key: string) => boolean;
  readonly place: (path: Path, part?: "key" | "value") => Place;
  readonly constant: (path: Path) => Constant | null;
  readonly source: SourceFile;
};

export function readLayer(file: YamlFile, problems: Problem[]): Layer {
  const { value, broken } = readLenient(syncSchema, file, ["fields"], problems, OTHER_NAMES);
  return { file, prefix: [], value, broken };
}

export function defaultsLayer(settings: Settings): Layer | null {
  if (settings.defaults === undefined) return null;
  return { file: settings.file, prefix: ["defaults"], value: settings.defaults, broken: new Set() };
}

/** Maps of which a sync may change single entries; every other key is replaced whole. */
const MERGED_KEYS = ["fields", "guards", "destination", "tolerate", "meta"] as const;

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mergeTwo(below: SyncFile, above: SyncFile): SyncFile {
  const merged: Record<string, unknown> = { ...below, ...above };
  for (const key of MERGED_KEYS) {
    const [low, high] = [below[key], above[key]];
    if (isMap(low) && isMap(high)) merged[key] = { ...low, ...high };
  }
  return merged as SyncFile;
}

/** `layers` from the strongest (the sync itself) to the weakest (the defaults). */
export function stack(own: Layer, weaker: readonly Layer[]): Layers {
  const layers = [own, ...weaker];
  const merged = layers.reduceRight<SyncFile>((below, layer) => mergeTwo(below, layer.value), {});
  // What each file says of itself is not taken over.
  const { extends: base, description, ...rest } = merged;
  const ownerOf = (path: Path): Layer => {
    const isMerged = MERGED_KEYS.some((key) => key === path[0]);
    const root = path.slice(0, isMerged ? 2 : 1);
    return layers.find((layer) => layer.file.has([...layer.prefix, ...root])) ?? fallback(path);
  };
  const fallback = (path: Path) =>
    layers.find((layer) => layer.file.has([...layer.prefix, ...path.slice(0, 1)])) ?? own;
  return {
    own,
    merged: {
      ...rest,
      ...(own.value.extends === undefined ? {} : { extends: base }),
      ...(own.value.description === undefined ? {} : { description }),
    },
    isBroken: (key) => layers.some((layer) => layer.broken.has(key)),
    place: (path, part = "value") => {
      const layer = path.length === 0 ? own : ownerOf(path);
      return placeOf(layer.file, [...layer.prefix, ...path], part);
    },
    constant: (path) => {
      const layer = ownerOf(path);
      return layer.file.constant([...layer.prefix, ...path]);
    },
    source: {
      file: own.file.file,
      locate: (path, part) => {
        const isOwn = own.file.has(path) || ownerOf(path) === own || own.value.extends === undefined;
        return isOwn ? own.file.locate(path, part) : own.file.locate(["extends"]);
      },
    },
  };
}
