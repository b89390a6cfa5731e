/** The project of a seed: one to three syncs, each over a connection of its own to the one account. */
import type {
  Connection,
  FieldMapping,
  Guards,
  Model,
  Project,
  Removal,
  SourceFile,
  Sync,
  WriteMode,
} from "../../../src/contract/project.ts";
import type { Traits } from "../vendor/traits.ts";
import type { Chance } from "../world/chance.ts";

export const SECRET = "canary-secret-0815";

/** A file that is another after so many edits has the same fields. */
export const SAME_FIELDS_AGAIN = 3;

export const MODELS = ["people", "everyone"] as const;
export type ModelName = (typeof MODELS)[number];

export type SyncKind = {
  readonly name: string;
  /** `everyone` holds some of those who left `people`. */
  readonly model: ModelName;
  readonly connection: string;
  readonly object: string;
  readonly write: WriteMode;
  readonly match: readonly (readonly string[])[];
  readonly onRemoved: Removal;
  readonly onRemovedAdopted: Removal;
  readonly onMissingRecord: Sync["onMissingRecord"];
  readonly holdsPartly: boolean;
  readonly guardsCreated: boolean;
  /** One list of fields for each version of the sync's file; a later version has one of them again. */
  readonly versions: readonly (readonly string[])[];
};

const NONE: Removal = { kind: "none" };
/** So few removals pass without a person's word; the checks know it, too. */
export const MOST_REMOVED = 2;

export function drawSyncs(prefix: string, traits: Traits, most: number, chance: Chance): SyncKind[] {
  const matches: [string[][], ...string[][][]] = [[["ext"]], [["ext"], ["email"]]];
  if (traits.emailIsUnique) matches.push([["email"]]);
  const removal = chance.pick<Removal>([
    NONE,
    { kind: "archive" },
    { kind: "archive" },
    { kind: "delete" },
    { kind: "clear" },
    { kind: "set", fields: { city: "gone" } },
  ]);
  const ownConnections = chance.hits(0.25);
  const people: SyncKind = {
    name: `${prefix}people`,
    model: "people",
    connection: `${prefix}crm`,
    object: "contacts",
    write: chance.pick(["upsert", "upsert", "upsert", "insert", "update"]),
    match: chance.pick(matches),
    onRemoved: removal,
    onRemovedAdopted: chance.hits(0.7) ? removal : NONE,
    onMissingRecord: chance.pick(["rematch", "recreate", "skip"]),
    holdsPartly: chance.hits(0.2),
    guardsCreated: chance.hits(0.5),
    versions: [
      ["ext", "email", "name"],
      ["ext", "email", "name", "city"],
      ["ext", "email", "city", "source"],
    ],
  };
  const tiers: SyncKind = {
    ...people,
    name: `${prefix}tiers`,
    model: "everyone",
    connection: `${prefix}crm${ownConnections ? " 2" : ""}`,
    // Two syncs that both make records of one object are only safe where they agree on a unique key.
    write: traits.extIsUnique && people.match[0]?.[0] === "ext" ? chance.pick(["update", "upsert"]) : "update",
    match: [["ext"]],
    onRemoved: NONE,
    onRemovedAdopted: NONE,
    // It makes no records anew that the other sync removed.
    onMissingRecord: "rematch",
    versions: [["tier"]],
  };
  const firms: SyncKind = {
    ...people,
    name: `${prefix}firms`,
    connection: `${prefix}crm${ownConnections ? " 3" : ""}`,
    object: "companies",
    write: "upsert",
    match: [["ext"]],
  };
  const kinds = [people, ...(chance.hits(0.35) ? [tiers] : []), ...(chance.hits(0.2) ? [firms] : [])];
  return kinds.slice(0, most);
}

const FROM: Readonly<Record<string, string>> = { ext: "id" };
const SOURCE: SourceFile = { file: "syncs/sync.yml", locate: () => ({ line: 1, column: 1 }) };
const LIMIT = { rows: MOST_REMOVED, share: 0.1, max: null };
const GUARDS: Guards = { removed: LIMIT, empty: LIMIT, changed: null, cleared: null, created: null, failed: null };
const NO_GUARDS: Guards = { ...GUARDS, removed: null, empty: null };

export function buildProject(
  kinds: readonly SyncKind[],
  files: {
    readonly sqls: Readonly<Record<ModelName, string>>;
    readonly version: number;
    readonly guards: boolean;
    readonly workDir: string;
  },
): Project {
  const connection = (name: string, type: string, config: Record<string, unknown>): [string, Connection] => [
    name,
    { name, type, config, reserve: 0, source: SOURCE, path: [] },
  ];
  const crm = kinds.map((kind) => connection(kind.connection, "sim crm", { token: SECRET }));
  const model = (name: ModelName): [string, Model] => [
    name,
    {
      ...{ name, connection: "warehouse", primaryKey: ["id"], description: null, tags: [], timezone: null },
      ...{ sql: files.sqls[name], source: SOURCE },
    },
  ];
  return {
    ...{ dir: "/sim", environment: "prod", timezone: null, stateFile: "/sim/state.db", secrets: [SECRET] },
    workDir: files.workDir,
    keep: { runs: 30, days: 30 },
    connections: new Map([connection("warehouse", "sim warehouse", {}), ...crm]),
    models: new Map(MODELS.map(model)),
    syncs: new Map(kinds.map((kind) => [kind.name, syncOf(kind, files)])),
    alerts: new Map(),
    triggers: new Map(),
  };
}

function syncOf(kind: SyncKind, { version, guards }: { version: number; guards: boolean }): Sync {
  const fields = kind.versions[version % kind.versions.length] ?? [];
  const guarded = kind.guardsCreated ? { ...GUARDS, created: { rows: null, share: null, max: 1_000 } } : GUARDS;
  return {
    ...{ name: kind.name, description: null, owner: null, tags: [], model: kind.model, connection: kind.connection },
    ...{
      object: kind.object,
      write: kind.write,
      onAmbiguous: "reject",
      allowCascade: true,
      sendTogether: [],
      priority: "normal",
    },
    match: kind.match.map((entry) => entry.map((field) => ({ field, column: FROM[field] ?? field }))),
    onDuplicateMatch: { policy: "reject" },
    onMissingRecord: kind.onMissingRecord,
    onRemoved: kind.onRemoved,
    onRemovedAdopted: kind.onRemovedAdopted,
    fields: fields.map(mappingOf),
    guards: guards ? guarded : NO_GUARDS,
    holdsPartly: kind.holdsPartly,
    tolerate: { rejectedShare: 0, codes: [] },
    onMappingChange: "backfill",
    suppress: null,
    alerts: null,
    onSuccess: null,
    schedule: null,
    hooks: { before: [], after: [] },
    renamedFrom: false,
    source: SOURCE,
    configHash: `${kind.name} ${version}`,
  };
}

function mappingOf(field: string): FieldMapping {
  const from = field === "source" ? { value: "warehouse" } : { column: FROM[field] ?? field };
  return { field, from, onNull: "clear_ours", onBlank: "as_null" };
}

/** Fields that a version of a sync writes. */
export function fieldsOf(kind: SyncKind, version: number): readonly string[] {
  return kind.versions[version % kind.versions.length] ?? [];
}

export function wantedOf(person: Readonly<Record<string, string | null>>, field: string): string | null {
  return field === "source" ? "warehouse" : (person[FROM[field] ?? field] ?? null);
}
