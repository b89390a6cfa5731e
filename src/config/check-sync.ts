import type { ConnectorDefinition } from "../contract/connector.ts";
import type { CallOperation } from "../contract/destination.ts";
import type { Sync } from "../contract/project.ts";
import { hint, suggest } from "../core/suggest.ts";
import { checkSchedule } from "./check-schedule.ts";
import { type Path, problem } from "./problem.ts";
import type { Settings } from "./read-settings.ts";
import type { Work } from "./resolve-sync.ts";

/** What a sync is held against. */
export type Surroundings = {
  readonly settings: Settings | null;
  /** Of every model file, sound or not. */
  readonly modelNames: ReadonlySet<string>;
  readonly syncNames: ReadonlySet<string>;
};

/** Adds a problem at a place of the sync. */
export type Report = (path: Path, code: string, message: string, fix: string | null, part?: "key" | "value") => void;

/** Whether a sync is whole, agrees with itself, and names only what there is. */
export function checkSync(work: Work, sync: Sync, around: Surroundings): void {
  const report: Report = (path, code, message, fix, part = "value") => {
    work.problems.push(problem(work.layers.place(path, part), code, message, fix));
  };
  checkPresence(work, report);
  checkModel(work, around, report);
  checkConnection(work, sync, around, report);
  checkMatch(sync, work, report);
  checkTogether(work, report);
  checkDuplicateMatch(work, report);
  checkSchedule(work, sync, around, report);
  checkAlerts(work, around, report);
}

function checkPresence(work: Work, report: Report): void {
  const { merged, isBroken } = work.layers;
  const missing = (key: string, path: Path, fix: string) =>
    report(path, "MISSING_KEY", `missing key "${key}"`, fix, "key");
  if (merged.model === undefined && !isBroken("model"))
    missing("model", [], "name a file of models/: model: customers");
  if (!isBroken("destination")) {
    const fix = "destination: { connection: crm, object: contacts }";
    if (merged.destination === undefined) missing("destination", [], fix);
    else {
      if (merged.destination.connection === undefined) missing("destination.connection", ["destination"], fix);
      if (merged.destination.object === undefined) missing("destination.object", ["destination"], fix);
    }
  }
  if (merged.match === undefined && !isBroken("match")) {
    missing("match", [], "say how the record of a row is found: match: { email: email }");
  }
  if (isBroken("fields")) return;
  if (merged.fields === undefined) missing("fields", [], "map at least one field: fields: { email: email }");
  else if (Object.keys(merged.fields).length === 0) {
    report(["fields"], "WRONG_VALUE", "fields needs at least one field", "email: email", "key");
  }
}

function checkModel(work: Work, around: Surroundings, report: Report): void {
  const { model, suppress } = work.layers.merged;
  const check = (key: "model" | "suppress", name: string) => {
    if (around.modelNames.has(name)) return;
    report([key], "UNKNOWN_MODEL", `there is no model "${name}"`, hint(name, around.modelNames, "models"));
  };
  if (typeof model === "string" && !/^(dbt|identity)\./.test(model)) check("model", model);
  if (suppress !== undefined) check("suppress", suppress);
}

function checkConnection(work: Work, sync: Sync, around: Surroundings, report: Report): void {
  const { settings } = around;
  const name = work.layers.merged.destination?.connection;
  if (settings === null || name === undefined) return;
  const path = ["destination", "connection"];
  const declared = settings.declared.get(name);
  if (declared === undefined) {
    report(
      path,
      "UNKNOWN_CONNECTION",
      `there is no connection "${name}"`,
      hint(name, settings.declared.keys(), "connections"),
    );
    return;
  }
  if (declared.connector === null) return;
  const { destination, title } = declared.connector;
  if (destination === null) {
    const others = [...settings.declared]
      .filter(([, one]) => one.connector?.destination != null)
      .map(([other]) => other);
    const fix = others.length === 0 ? "add a connection that can be written to" : `destinations: ${others.join(", ")}`;
    report(path, "NOT_A_DESTINATION", `connection "${name}" is no destination: ${title} is only read`, fix);
    return;
  }
  checkAbilities(work, sync, declared.connector, destination.abilities.operations, report);
}

function checkAbilities(
  work: Work,
  sync: Sync,
  connector: ConnectorDefinition,
  can: readonly CallOperation[],
  report: Report,
): void {
  const { merged } = work.layers;
  const may = (...any: CallOperation[]) => any.some((operation) => can.includes(operation));
  const refuse = (path: Path, what: string) =>
    report(path, "NOT_POSSIBLE", `${connector.title} cannot do ${what}`, `it can: ${can.join(", ")}`);
  const canWrite = {
    upsert: may("upsert") || (may("create") && may("update")),
    update: may("update"),
    insert: may("create", "upsert"),
  };
  if (merged.write !== "append" && !canWrite[sync.write]) refuse(["write"], `write: ${sync.write}`);
  for (const [key, removal] of [
    ["on_removed", sync.onRemoved],
    ["on_removed_adopted", sync.onRemovedAdopted],
  ] as const) {
    const { kind } = removal;
    if (merged[key] === undefined || kind === "none") continue;
    if (!may(kind === "archive" || kind === "delete" ? kind : "update")) refuse([key], `${key}: ${kind}`);
  }
}

function checkMatch(sync: Sync, work: Work, report: Report): void {
  const mapped = new Map(sync.fields.map((mapping) => [mapping.field, mapping.from]));
  sync.match.forEach((entry, index) => {
    for (const { field, column } of entry) {
      const from = mapped.get(field);
      if (from === undefined || ("column" in from && from.column === column)) continue;
      const other = "column" in from ? `column "${from.column}"` : "a constant";
      report(
        ["match", index, field],
        "FIELD_CONFLICT",
        `"${field}" is matched by column "${column}" but written from ${other}`,
        "use one column for both, or leave the field out of fields",
      );
    }
  });
  if ((sync.match[0]?.length ?? 0) > 1)
    report(
      ["match", 0],
      "NOT_UNIQUE",
      "the first match entry names several fields: it is the key of new records, which is one field",
      "match by one field with unique values first; entries of several fields may follow",
    );
  const seen = new Set<string>();
  sync.match.forEach((entry, index) => {
    const identity = JSON.stringify([...entry].sort((a, b) => (a.field < b.field ? -1 : 1)));
    if (seen.has(identity))
      report(["match", index], "WRONG_VALUE", `match entry ${index + 1} repeats an earlier one`, "remove it");
    seen.add(identity);
  });
  if (sync.write === "insert" && work.layers.merged.on_missing_record === "rematch") {
    report(
      ["on_missing_record"],
      "WRONG_VALUE",
      "on_missing_record: rematch needs write: upsert or update",
      "use skip",
    );
  }
}

function checkTogether(work: Work, report: Report): void {
  const { merged, isBroken } = work.layers;
  if (isBroken("fields")) return;
  const names = Object.keys(merged.fields ?? {});
  merged.send_together?.forEach((group, index) => {
    group.forEach((field, at) => {
      if (names.includes(field)) return;
      const near = suggest(field, names);
      const fix = near === null ? "add it to fields, or remove it here" : `did you mean "${near}"?`;
      report(
        ["send_together", index, at],
        "UNKNOWN_FIELD",
        `send_together names "${field}", which fields does not map`,
        fix,
      );
    });
  });
}

function checkDuplicateMatch(work: Work, report: Report): void {
  const setting = work.layers.merged.on_duplicate_match;
  if (typeof setting !== "object") return;
  const path = ["on_duplicate_match"];
  if (setting.keep === "latest" && setting.by === undefined) {
    report(
      path,
      "MISSING_KEY",
      "on_duplicate_match: keep: latest needs a column",
      "say which: { keep: latest, by: updated_at }",
      "key",
    );
  }
  if (setting.keep === "linked" && setting.by !== undefined) {
    report([...path, "by"], "WRONG_VALUE", "on_duplicate_match: keep: linked takes no column", "remove by", "key");
  }
}

function checkAlerts(work: Work, { settings }: Surroundings, report: Report): void {
  if (settings === null) return;
  work.layers.merged.alerts?.forEach((name, index) => {
    if (settings.alertNames.includes(name)) return;
    report(
      ["alerts", index],
      "UNKNOWN_ALERT",
      `there is no alert "${name}"`,
      hint(name, settings.alertNames, "alerts"),
    );
  });
}
