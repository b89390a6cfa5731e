import { resolve } from "node:path";
import { amount, rowCount } from "../core/count-text.ts";
import { lookAtRestore, type Restorable, type RestorableSync, restoreMemory } from "../engine/restore-memory.ts";
import type { CommandContext } from "./command-context.ts";
import { confirm } from "./confirm.ts";
import { openProject } from "./open-project.ts";
import { oneLine } from "./render-plan.ts";

/** Puts a backup back. Without `--yes` it only says what that would replace. */
export async function stateRestore(context: CommandContext<{ yes: boolean }>, backup: string): Promise<number> {
  const { services, output, options, signal } = context;
  const project = await openProject(context);
  const { clock, who } = services;
  const dir = resolve(backup);
  const found = await lookAtRestore({ project, clock }, dir);
  if (!options.yes) output.line(previewText(found));
  if (!(await confirm(context, `put the backup of ${found.manifest.taken_at} back?`))) {
    const next = `sluice state restore ${backup} --yes`;
    output.document({ restore: { ...restoreJson(found), done: false, next } });
    output.line(`  nothing was changed; \`${next}\` does it`);
    return 0;
  }
  const restore = { project, clock, who, isDead: (holder: string) => services.isDead(holder) };
  const restored = await restoreMemory(restore, dir, signal);
  output.document({ restore: { ...restoreJson(restored), done: true, next: null } });
  output.line(restoredText(restored));
  return 0;
}

function restoreJson({ dir, manifest, ageMs, syncs, replaces, aside }: Restorable) {
  return {
    dir,
    taken_at: manifest.taken_at,
    age_seconds: Math.round(ageMs / 1000),
    project: manifest.project,
    environment: manifest.environment,
    aside: replaces ? aside : null,
    syncs: syncs.map(({ name, now, kept, rows, runsSince }) => ({
      sync: name,
      now,
      backup: kept,
      rows,
      runs_since: runsSince,
    })),
  };
}

function previewText(found: Restorable): string {
  const { manifest, syncs, replaces, ageMs } = found;
  return [
    `the backup of ${manifest.taken_at} (${ageText(ageMs)} old, environment "${manifest.environment}"); every file is as it was put in`,
    ...syncs.map(syncLine),
    replaces
      ? "  the present memory is moved aside, into .sluice, and is not deleted"
      : "  there is no present memory to replace",
    "  nothing is sent. Syncs then send changes and remove nothing, until `sluice link SYNC` has looked at their records",
  ].join("\n");
}

function syncLine({ name, now, kept, rows, runsSince }: RestorableSync): string {
  const since =
    runsSince === 0 ? "" : `; the ${amount(runsSince, "run")} since ${runsSince === 1 ? "is" : "are"} forgotten`;
  if (kept === null)
    return `  ${oneLine(name)}: not in the backup; it starts as a first run, and matches before it writes${since}`;
  const present = now === null ? "not known now" : `generation ${now} now`;
  return `  ${oneLine(name)}: ${present}, ${kept} in the backup (${rowCount(rows)})${since}`;
}

function restoredText({ manifest, syncs, replaces, aside }: Restorable): string {
  const links = syncs.filter(({ kept }) => kept !== null).map(({ name }) => `sluice link ${oneLine(name)}`);
  return [
    `put back the backup of ${manifest.taken_at}`,
    ...(replaces ? [`  what was there before is in ${aside}: delete it when nobody needs it any more`] : []),
    ...(links.length === 0 ? [] : [`  next: ${links.join("; ")}`]),
  ].join("\n");
}

function ageText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return amount(minutes, "minute");
  const hours = Math.round(minutes / 60);
  return hours < 48 ? amount(hours, "hour") : amount(Math.round(hours / 24), "day");
}
