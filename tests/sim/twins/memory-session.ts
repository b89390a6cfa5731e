/** One plan of the planner twin, in the steps that a run takes. */
import { createHash } from "node:crypto";
import { Fault } from "../../../src/contract/fault.ts";
import type { PlanRow } from "../../../src/contract/plan.ts";
import type { PlanFacts, PlanRequest, PlanSession, SnapshotMeta } from "../../../src/contract/planner.ts";
import type { Reject } from "../../../src/contract/state.ts";
import type { Row } from "../../../src/contract/value.ts";
import { namedKey } from "../../../src/core/key.ts";
import { hashVersion } from "../../../src/planner/hash-version.ts";
import { owedField } from "../../../src/planner/owed-fields.ts";
import { metaOf } from "../../../src/planner/snapshot-schema.ts";
import { matchValues } from "../../../src/planner/value-sql.ts";
import { certainOf } from "./accepted-rows.ts";
import { changedRow, type Draft, draftOf } from "./changed-rows.ts";
import { settleDoubted } from "./doubted-rows.ts";
import { countsForGuards, factsOf, withHeld } from "./plan-counts.ts";
import { fenced, type PlannerDisk, type Snapshot } from "./planner-disk.ts";
import { removalDrafts, sharedRecords } from "./removal-drafts.ts";
import { keysOf, type SettledLink, settleGhosts, settleTaken } from "./settled-links.ts";
import { isRemoval, type StagedModel, stageModel } from "./staged-model.ts";

/** The rows of a SELECT as exact texts by column. */
export type Evaluate = (sql: string, signal: AbortSignal) => Promise<readonly Row[]>;

export function memorySession(disk: PlannerDisk, request: PlanRequest, evaluate: Evaluate): PlanSession {
  const { mapping, sync } = request;
  const version = hashVersion(mapping, "memory");
  const meta = disk.snapshots.get(sync)?.meta ?? null;
  let model: StagedModel | null = null;
  let links: SettledLink[] = [];
  let rows: readonly PlanRow[] = [];
  const standing = (): Snapshot | null => (meta === null ? null : (disk.snapshots.get(sync) ?? null));
  const staged = (): StagedModel => {
    if (model === null) throw new Error("a plan is staged first");
    return model;
  };
  return {
    stage: async (signal) => {
      if (request.suppress.list !== null || request.suppress.forgotten.length > 0)
        throw new Error("the planner twin suppresses nobody: leave it to the real planner");
      const rejects: Reject[] = [];
      for await (const page of request.rejects) rejects.push(...page);
      checkSignal(signal);
      const read = await evaluate(request.sql, signal);
      checkSignal(signal);
      model = stageModel(request, standing(), version, read, rejects);
      return { unlinked: model.unlinked.length, mustLook: model.mustLook };
    },
    unlinked: async (fromIndex, limit) =>
      staged()
        .unlinked.slice(fromIndex, fromIndex + limit)
        .map(({ key, match, isFormer, formerId }) => ({
          ...(isFormer === true ? { isFormer } : {}),
          ...(formerId === undefined ? {} : { formerId }),
          key,
          match: mapping.match.map((entry, index) => matchValues(entry, match[index] ?? null)),
        })),
    link: async (found, unlinkable) => {
      links.push(...found.map((link) => ({ ...link, origin: null })));
      staged().invalid.push(...unlinkable.map((row) => ({ ...row, field: null, rows: 1 })));
    },
    build: async (linksAreComplete) => {
      links = settleDoubted(staged(), standing(), links);
      links = settleGhosts(request, staged(), links, linksAreComplete);
      links = settleTaken(staged(), standing(), links);
      const built = build(disk, request, { model: staged(), snapshot: standing(), links, version, linksAreComplete });
      rows = built.rows;
      return built.facts;
    },
    guardCounts: async (approved) => countsForGuards(disk, request, rows, approved),
    setAside: async (held, approved) => {
      const aside = withHeld(disk, rows, held, approved);
      if (aside !== null) rows = aside.rows;
      return aside?.count ?? 0;
    },
    goneRejects: async () => (request.keysOnly ? [] : goneRejects(staged(), rows)),
    sample: async (limit) => sampleOf(rows, limit),
    write: async (path, signal) => {
      checkSignal(signal);
      const sha = createHash("sha256").update(JSON.stringify(rows)).digest("hex");
      disk.plans.set(path, { rows, sha });
      return { path, rows: rows.length, sha256: sha };
    },
    commit: async (epoch) => commit(disk, request, staged(), { epoch, version }),
    storeLinks: async (at) => {
      links = settleDoubted(staged(), standing(), links);
      links = settleGhosts(request, staged(), links, false);
      links = settleTaken(staged(), standing(), links);
      return storeLinks(disk, request, staged(), links, { ...at, version });
    },
    close: async () => undefined,
  };
}

function checkSignal(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw signal.reason instanceof Fault ? signal.reason : new Fault("CANCELLED", "cancelled while the model was read");
}

type BuildParts = {
  readonly model: StagedModel;
  readonly snapshot: Snapshot | null;
  readonly links: readonly SettledLink[];
  readonly version: string;
  readonly linksAreComplete: boolean;
};

function build(disk: PlannerDisk, request: PlanRequest, parts: BuildParts): { rows: PlanRow[]; facts: PlanFacts } {
  const { model, snapshot, links } = parts;
  const wrong = keysOf(model);
  model.due = model.due.filter(({ key }) => !wrong.has(key));
  const isCompared = snapshot !== null && snapshot.meta.hashVersion !== parts.version && !request.resend;
  const linkOf = new Map(links.map((link) => [link.key, link]));
  let changes = model.due
    .filter(({ waiting }) => !waiting)
    .map((due) => changedRow(request, isCompared ? snapshot.meta : null, due, linkOf.get(due.key)));
  if (parts.linksAreComplete && request.write !== "update") {
    const isLost = ({ remoteId, due }: (typeof changes)[number]) =>
      remoteId === null && (due.match[0] ?? null) === null;
    const message = "no record matches, and the first match column is empty";
    for (const { due } of changes.filter(isLost))
      model.invalid.push({ key: due.key, code: "NO_MATCH_VALUE", field: null, message, rows: 1 });
    changes = changes.filter((change) => !isLost(change));
  }
  const drafts = changes.flatMap((change): Draft[] => {
    const draft = draftOf(request, change);
    if (draft === null && !request.keysOnly) model.touch.set(change.due.key, change.due.hash);
    return draft === null ? [] : [draft];
  });
  model.due = model.due.filter(({ waiting }) => waiting);
  const shared = sharedRecords(disk, request, snapshot, model.gone, links);
  drafts.push(...removalDrafts(request, model.gone, shared));
  const rows = drafts.sort((a, b) => a.part - b.part).map(({ part: _, ...row }, seq): PlanRow => ({ seq, ...row }));
  return { rows, facts: factsOf(request, snapshot, model, rows) };
}

/** A row that is neither planned nor waiting is no longer refused. */
function goneRejects(model: StagedModel, rows: readonly PlanRow[]): string[] {
  const living = new Set(rows.filter(({ change }) => change !== "removed").map(({ key }) => key));
  for (const { key, waiting } of model.due) if (waiting) living.add(key);
  const left = new Set(model.gone.map(({ entry }) => entry.key));
  return model.rejects
    .filter(({ key, operation }) => !(isRemoval(operation) ? left : living).has(key))
    .map(({ key }) => key);
}

function sampleOf(rows: readonly PlanRow[], limit: number): PlanRow[] {
  const taken = new Map<string, number>();
  return rows.filter(({ change, settled }) => {
    const kind = `${change} ${settled}`;
    taken.set(kind, (taken.get(kind) ?? 0) + 1);
    return (taken.get(kind) ?? 0) <= limit;
  });
}

function putMeta(disk: PlannerDisk, meta: SnapshotMeta): Snapshot {
  if (!disk.snapshots.has(meta.sync)) disk.snapshots.set(meta.sync, { meta, entries: new Map(), invalid: [] });
  const snapshot = fenced(disk, meta.sync, meta.epoch);
  snapshot.meta = meta;
  return snapshot;
}

function commit(
  disk: PlannerDisk,
  request: PlanRequest,
  model: StagedModel,
  { epoch, version }: { epoch: number; version: string },
): void {
  const stored = disk.snapshots.get(request.sync)?.meta ?? null;
  if (request.keysOnly) {
    if (stored !== null) putMeta(disk, { ...stored, epoch });
    return;
  }
  const fields = request.mapping.fields.map(({ field }) => field);
  const meta = metaOf(request, {
    epoch,
    generation: stored?.generation ?? 0,
    hashVersion: version,
    key: namedKey(request.mapping.primaryKey),
    fields,
    forward: stored === null ? [] : fields.filter((field) => owedField(request, stored, field) !== null),
  });
  const snapshot = putMeta(disk, meta);
  const { entries } = snapshot;
  if (stored !== null && stored.hashVersion !== version)
    for (const [key, entry] of entries) if (!model.touch.has(key)) entries.set(key, { ...entry, hash: null });
  for (const [key, hash] of model.touch) {
    const entry = entries.get(key);
    const settled = { hash, absentSince: null, mark: null, doubt: null };
    if (entry !== undefined) entries.set(key, { ...entry, payload: certainOf(entry), ...settled });
  }
  for (const { entry, planned, forgotten } of model.gone) {
    const stood = entries.get(entry.key);
    if (forgotten) entries.delete(entry.key);
    else if (!planned && stood !== undefined) entries.set(entry.key, { ...stood, absentSince: request.nowMs });
  }
  snapshot.invalid = [...model.invalid];
}

function storeLinks(
  disk: PlannerDisk,
  request: PlanRequest,
  model: StagedModel,
  links: readonly SettledLink[],
  at: { epoch: number; run: string; version: string },
): { linked: number; taken: number } {
  const stored = disk.snapshots.get(request.sync)?.meta ?? null;
  const snapshot = putMeta(
    disk,
    metaOf(request, {
      epoch: at.epoch,
      generation: (stored?.generation ?? 0) + 1,
      hashVersion: stored?.hashVersion ?? at.version,
      key: namedKey(request.mapping.primaryKey),
      fields: stored?.fields ?? [],
      forward: stored?.forward ?? [],
    }),
  );
  for (const { key, remoteId, origin, present } of links)
    snapshot.entries.set(key, {
      ...{ key, remoteId, hash: null, payload: {}, doubt: null, mark: "linked", absentSince: null },
      ...{ origin: origin ?? "adopted", acceptedAt: request.nowMs, acceptedRun: at.run, found: present },
    });
  const taken = new Set(model.invalid.filter(({ code }) => code === "DUPLICATE_MATCH_KEY").map(({ key }) => key));
  return { linked: links.length, taken: taken.size };
}
