/** A process of its own: `rekey-crash.ts DIR before|after` rekeys "people" and is killed before or after the planner's half. */
import { hostname } from "node:os";
import { connectors } from "../../connectors/index.ts";
import { loadProject } from "../../src/config/load-project.ts";
import type { Planner } from "../../src/contract/planner.ts";
import { openMemory } from "../../src/engine/open-memory.ts";
import { rekeySync } from "../../src/engine/rekey-sync.ts";
import { openWorkbench } from "../../src/engine/workbench.ts";
import { realClock } from "../contract/destination/real-clock.ts";

const [dir = ".", at] = process.argv.slice(2);
const signal = new AbortController().signal;
const loaded = await loadProject({ dir, environment: null, connectors, env: () => undefined });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { project } = loaded;
process.chdir(project.dir);
const { state, planner } = await openMemory({ project, clock: realClock, directories: [], mode: "run" }, signal);
const sync = project.syncs.get("people");
if (sync === undefined || state === null) throw new Error("nothing to rekey");
const bench = openWorkbench({
  project,
  clock: realClock,
  random: () => 0.5,
  connectors,
  state,
  planner: mortal(planner),
});
await rekeySync(
  bench,
  state,
  sync,
  ["id"],
  { holder: `${process.pid}@${hostname()}`, who: "crash", isDead: () => true },
  signal,
);

function mortal(whole: Planner): Planner {
  return {
    ...whole,
    rekey: async (request) => {
      const session = await whole.rekey(request);
      return {
        ...session,
        commit: async (epoch) => {
          if (at === "after") await session.commit(epoch);
          process.kill(process.pid, "SIGKILL");
        },
      };
    },
  };
}
