import type { Problem } from "../contract/fault.ts";
import type { Model, Sync } from "../contract/project.ts";
import { placeOf, problem } from "./problem.ts";

/** Who is never to be sent must be known where the rows are read: one database compares the two. */
export function checkSuppress(syncs: readonly Sync[], models: readonly Model[], problems: Problem[]): void {
  const byName = new Map(models.map((model) => [model.name, model]));
  for (const sync of syncs) {
    const list = sync.suppress === null ? undefined : byName.get(sync.suppress);
    const model = byName.get(sync.model);
    if (list === undefined || model === undefined || list.connection === model.connection) continue;
    const message = `model "${list.name}" is read from connection "${list.connection}", the rows of "${sync.name}" from "${model.connection}"`;
    const fix = `give the list of people a model on connection "${model.connection}"`;
    problems.push(problem(placeOf(sync.source, ["suppress"]), "OTHER_CONNECTION", message, fix));
  }
}
