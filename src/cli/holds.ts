import { openLook } from "../engine/open-ledger.ts";
import type { CommandContext } from "./command-context.ts";
import { namedSync } from "./named-sync.ts";
import { openProject } from "./open-project.ts";
import { holdJson, holdLine } from "./render-hold.ts";

/** Every plan that waits for a person, and every approval that still counts. */
export async function holds(context: CommandContext<object>, name: string | undefined): Promise<number> {
  const { services, output } = context;
  const project = await openProject(context);
  const syncs = name === undefined ? [...project.syncs.values()] : [namedSync(project, name)];
  const state = await openLook(project, services.clock);
  try {
    const found = [];
    for (const sync of state === null ? [] : syncs)
      found.push(...((await state?.holds(sync.name, services.clock.now())) ?? []));
    output.document({ holds: found.map(holdJson) });
    for (const hold of found) output.line(holdLine(hold));
    if (found.length === 0) output.line("nothing is held");
    return 0;
  } finally {
    await state?.close();
  }
}
