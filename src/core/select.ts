import { Fault } from "../contract/fault.ts";
import type { Project, Sync } from "../contract/project.ts";
import { hint, suggest } from "./suggest.ts";

/** What a selector may name: `tag:crm`, `connection:crm`, `model:customers`. */
export const SELECTORS = ["tag", "connection", "model"] as const;
type SelectorKind = (typeof SELECTORS)[number];

export type Selection = {
  readonly names: readonly string[];
  readonly selectors: readonly string[];
  readonly all: boolean;
  /** Those that `state:modified` means; where they are not given nothing can be asked for by `state:`. */
  readonly modified?: ReadonlySet<string>;
};

/** Syncs that are new, or are not what they were when they ran last. */
export const MODIFIED = "state:modified";

type Syncs = Pick<Project, "syncs">;

const TRAITS: Record<SelectorKind, (sync: Sync) => readonly string[]> = {
  tag: (sync) => sync.tags,
  connection: (sync) => [sync.connection],
  model: (sync) => [sync.model],
};

function isSelectorKind(text: string): text is SelectorKind {
  return SELECTORS.some((kind) => kind === text);
}

function named(project: Syncs, name: string): Sync {
  const sync = project.syncs.get(name);
  if (sync !== undefined) return sync;
  throw new Fault("USAGE", `there is no sync "${name}"`, { fix: hint(name, project.syncs.keys(), "syncs") });
}

function selected(project: Syncs, selector: string, modified: Selection["modified"]): Sync[] {
  if (selector === MODIFIED && modified !== undefined)
    return [...project.syncs.values()].filter(({ name }) => modified.has(name));
  const colon = selector.indexOf(":");
  const kind = colon < 0 ? selector : selector.slice(0, colon);
  const wanted = colon < 0 ? "" : selector.slice(colon + 1);
  if (!isSelectorKind(kind) || wanted === "") {
    const near = isSelectorKind(kind) ? kind : suggest(kind, SELECTORS);
    throw new Fault("USAGE", `"${selector}" is no selector`, {
      fix:
        near === null ? `write tag:NAME, connection:NAME or model:NAME${orModified(modified)}` : `write ${near}:NAME`,
    });
  }
  const traits = TRAITS[kind];
  const syncs = [...project.syncs.values()];
  const found = syncs.filter((sync) => traits(sync).includes(wanted));
  if (found.length === 0) {
    throw new Fault("USAGE", `no sync has the ${kind} "${wanted}"`, {
      fix: hint(wanted, syncs.flatMap(traits), `${kind}s`),
    });
  }
  return found;
}

function orModified(modified: Selection["modified"]): string {
  return modified === undefined ? "" : `, or ${MODIFIED}`;
}

/**
 * The syncs a command means, each once, sorted by name: those named, and those that any selector fits.
 * Empty where nothing was asked for, and where nothing was modified. Faults: USAGE for an unknown name, a selector that fits nothing, or names beside `all`.
 */
export function selectSyncs(project: Syncs, selection: Selection): Sync[] {
  if (selection.all && (selection.names.length > 0 || selection.selectors.length > 0)) {
    throw new Fault("USAGE", "--all stands alone", { fix: "leave out the names and --select, or leave out --all" });
  }
  const chosen = selection.all
    ? [...project.syncs.values()]
    : [
        ...selection.names.map((name) => named(project, name)),
        ...selection.selectors.flatMap((selector) => selected(project, selector, selection.modified)),
      ];
  return [...new Set(chosen)].sort((a, b) => (a.name < b.name ? -1 : 1));
}
