import { connectors } from "../../connectors/index.ts";
import { loadProject } from "../../src/config/load-project.ts";
import type { ConnectorDefinition } from "../../src/contract/connector.ts";
import type { Destination, Outcome, RemoteField, WriteBatch } from "../../src/contract/destination.ts";
import { NO_HINTS } from "../../src/contract/fault.ts";
import type { Planner } from "../../src/contract/planner.ts";
import { openMemory } from "../../src/engine/open-memory.ts";
import { CHANGES_ONLY } from "../../src/engine/plan-sync.ts";
import { runSync } from "../../src/engine/run-sync.ts";
import { openWorkbench } from "../../src/engine/workbench.ts";
import { realClock } from "../contract/destination/real-clock.ts";
import { PEOPLE_COLUMNS } from "./people-project.ts";

/** What `without-network.ts` prints. */
export type Alone = { readonly deliverSeconds: number; readonly acceptSeconds: number };

/** A process of its own: the engine with a destination that answers at once. */
const [dir = "."] = process.argv.slice(2);
const signal = new AbortController().signal;
let acceptMs = 0;
let firstWriteAt = 0;

const definitions = connectors.map((definition) => (definition.type === "hubspot" ? instant(definition) : definition));
const loaded = await loadProject({ dir, environment: null, connectors: definitions, env: () => undefined });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { project } = loaded;
process.chdir(project.dir);
const memory = await openMemory({ project, clock: realClock, directories: [], mode: "run" }, signal);
const bench = openWorkbench({
  project,
  clock: realClock,
  random: () => 0.5,
  connectors: definitions,
  state: memory.state,
  planner: timed(memory.planner),
});
const sync = [...project.syncs.values()][0];
if (sync === undefined || memory.state === null) throw new Error("no sync");
const options = {
  trigger: "bench",
  who: "bench",
  approve: false,
  insists: false,
  aim: CHANGES_ONLY,
  isDead: () => false,
  holder: "bench",
  planTurn: <T>(work: () => Promise<T>) => work(),
  onProgress: () => undefined,
  onRecovered: () => undefined,
};
const finished = await runSync(bench, memory.state, sync, options, signal);
if (finished.run.state !== "succeeded") throw new Error(`${finished.run.state}: ${finished.run.reason}`);
const alone: Alone = { deliverSeconds: (performance.now() - firstWriteAt) / 1000, acceptSeconds: acceptMs / 1000 };
process.stdout.write(JSON.stringify(alone));
await bench.close();

function timed(planner: Planner): Planner {
  return {
    ...planner,
    accept: async (at, rows) => {
      const startedAt = performance.now();
      const generation = await planner.accept(at, rows);
      acceptMs += performance.now() - startedAt;
      return generation;
    },
  };
}

function instant(definition: ConnectorDefinition): ConnectorDefinition {
  if (definition.destination === null) return definition;
  const { abilities } = definition.destination;
  return { ...definition, destination: { abilities, open: async () => instantDestination(abilities) } };
}

function instantDestination(abilities: Destination["abilities"]): Destination {
  let nextId = 1;
  const field = (name: string): RemoteField => ({
    name,
    type: name === "numemployees" ? "number" : "text",
    vendorType: "string",
    creatable: true,
    updatable: true,
    upsertKey: name === "email",
    findable: true,
    required: false,
    unique: name === "email",
    options: null,
    maxLength: null,
    matchForm: "exact",
  });
  const fields = new Map(Object.keys(PEOPLE_COLUMNS).map((name) => [name, field(name)]));
  const hints = { ...NO_HINTS, window: { max: 1_000_000_000, intervalMs: 10_000, remaining: null } };
  return {
    abilities,
    check: async () => ({ value: { id: "1", label: "nowhere" }, calls: 1, hints }),
    describe: async (object) => ({ value: { object, children: [], fields }, calls: 1, hints }),
    find: async () => ({ found: new Map(), calls: 1, bytesOut: 0, hints }),
    write: async (batch: WriteBatch) => {
      firstWriteAt ||= performance.now();
      const outcomes = batch.writes.map(
        (): Outcome => ({ kind: "applied", remoteId: String(nextId++), created: true, altered: [] }),
      );
      return { outcomes, refusedWhole: false, calls: 1, bytesOut: 0, hints };
    },
    erasure: null,
    close: async () => undefined,
  };
}
