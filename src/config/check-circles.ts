import type { Problem } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import { placeOf, problem } from "./problem.ts";

/** Syncs that come after one another in a circle would all wait forever: each circle is told once, at its first sync. */
export function checkCircles(syncs: readonly Sync[], problems: Problem[]): void {
  const before = new Map(syncs.map((sync) => [sync.name, namesBefore(sync)]));
  const byName = new Map(syncs.map((sync) => [sync.name, sync]));
  const done = new Set<string>();
  for (const name of [...before.keys()].sort()) {
    for (const circle of circlesFrom(name, before, done)) {
      const sync = byName.get([...circle].sort()[0] ?? "");
      if (sync !== undefined) problems.push(circleProblem(sync, circle));
    }
  }
}

function namesBefore({ schedule }: Sync): readonly string[] {
  return schedule?.starts.kind === "after" ? schedule.starts.syncs : [];
}

/** Circles that are met on the way down from `start`; what was seen before is not entered again. Iterative: chains may be long. */
function circlesFrom(start: string, before: ReadonlyMap<string, readonly string[]>, done: Set<string>): string[][] {
  const circles: string[][] = [];
  const way: { readonly name: string; next: number }[] = [];
  const depth = new Map<string, number>();
  const enter = (name: string) => {
    depth.set(name, way.length);
    way.push({ name, next: 0 });
  };
  if (!done.has(start)) enter(start);
  for (let last = way.at(-1); last !== undefined; last = way.at(-1)) {
    const name = before.get(last.name)?.[last.next];
    last.next += 1;
    if (name === undefined) {
      done.add(last.name);
      depth.delete(last.name);
      way.pop();
      continue;
    }
    const met = depth.get(name);
    if (met !== undefined) circles.push(way.slice(met).map((step) => step.name));
    else if (!done.has(name)) enter(name);
  }
  return circles;
}

function circleProblem(sync: Sync, circle: readonly string[]): Problem {
  const at = circle.indexOf(sync.name);
  const turned = [...circle.slice(at), ...circle.slice(0, at), sync.name];
  const place = placeOf(sync.source, ["schedule", "after"]);
  if (circle.length === 1) {
    const fix = "remove it from after, or use every: to start it again and again";
    return problem(place, "SCHEDULE_CIRCLE", `sync "${sync.name}" comes after itself`, fix);
  }
  const message = `these syncs come after one another in a circle: ${turned.join(" -> ")}`;
  return problem(place, "SCHEDULE_CIRCLE", message, "start one of them by cron or every");
}
