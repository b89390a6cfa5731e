/** One command of a story: a process that opens the project and runs its syncs with production code, and may die at it. */

import type { ConnectorDefinition } from "../../../src/contract/connector.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { Planner } from "../../../src/contract/planner.ts";
import type { RunRecord } from "../../../src/contract/run.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import { CHANGES_ONLY } from "../../../src/engine/plan-sync.ts";
import { runSync } from "../../../src/engine/run-sync.ts";
import { turns } from "../../../src/engine/turns.ts";
import { openWorkbench } from "../../../src/engine/workbench.ts";
import type { Watch } from "../checks/watch.ts";
import { simConnectors } from "../vendor/connector.ts";
import type { Vendor } from "../vendor/vendor.ts";
import type { Chance } from "../world/chance.ts";
import { type Fate, type Life, newLife, type Say } from "../world/life.ts";
import { livingPlanner, livingState } from "../world/ports.ts";
import type { World } from "../world/world.ts";
import type { Place } from "./place.ts";
import { buildProject, type ModelName, type SyncKind } from "./project.ts";
import type { Swarm } from "./swarm.ts";

/** What a process works with; a planted bug puts other ports in their place. */
export type Ports = {
  readonly state: StateStore;
  readonly planner: Planner;
  readonly connectors: readonly ConnectorDefinition[];
  readonly guards: boolean;
};
export type Plant = (ports: Ports, at: { place: Place; life: Life }) => Ports;

export type Stage = {
  readonly world: World;
  readonly vendor: Vendor;
  readonly place: Place;
  readonly watch: Watch;
  readonly kinds: readonly SyncKind[];
  readonly chance: Chance;
  readonly say: Say;
  readonly plant: Plant;
  /** Everything that processes printed. */
  readonly printed: string[];
  readonly lives: Map<string, Life>;
  /** A dead process's lease is seen as such at once (same machine), or has to run out. */
  readonly seesDeaths: boolean;
  /** Wall clocks are bent in this seed: what is kept by them for the next process is only as good as they are. */
  readonly isSkewed: boolean;
  readonly swarm: Swarm;
  readonly approvals: { readonly sync: string; readonly atMs: number }[];
};

export type Command = {
  readonly sqls: Readonly<Record<ModelName, string>>;
  readonly version: number;
  readonly approve: boolean;
  readonly insists: boolean;
  readonly fate: Fate;
  /** Somebody presses Ctrl-C after so many ms. */
  readonly cancelAfterMs: number | null;
};

/** How each sync ended; null where the process died first. */
export type Ended =
  | readonly { readonly sync: string; readonly run: RunRecord | null; readonly fault: Fault | null }[]
  | null;

export async function runCommand(stage: Stage, command: Command): Promise<Ended> {
  const { world, place, lives, say } = stage;
  const name = `p${lives.size + 1}`;
  const life = newLife(world, name, command.fate, stage.chance.fork(name), say);
  lives.set(name, life);
  await stage.watch.starts(life, stage.isSkewed);
  const stop = new AbortController();
  if (command.cancelAfterMs !== null) {
    world.at(
      world.nowMs + command.cancelAfterMs,
      () => {
        say(name, "is cancelled");
        stop.abort(new Error("cancelled"));
      },
      () => !life.isAlive,
    );
  }
  say(name, `starts${command.approve ? ", approving" : ""} with version ${command.version}`);
  const own: Ports = {
    state: livingState(witnessed(stage, life), life),
    planner: livingPlanner({ ...place.planner, close: async () => undefined }, life),
    connectors: simConnectors({ world, vendor: stage.vendor, life, wire: stage.watch, account: place.account }),
    guards: true,
  };
  const work = runSyncs(stage, command, stage.plant(own, { place, life }), life, stop.signal);
  const ended = await Promise.race([work, life.died.then(() => null)]);
  if (ended !== null) life.die("of old age");
  return ended;
}

/** The place's state; the watch hears who takes which lease. */
function witnessed({ place, watch }: Stage, life: Life): StateStore {
  const acquire: StateStore["acquire"] = async (...args) => {
    const attempt = await place.state.acquire(...args);
    if (attempt.ok) watch.took(life, attempt.lease);
    return attempt;
  };
  return { ...place.state, acquire, close: async () => undefined };
}

async function runSyncs(
  stage: Stage,
  command: Command,
  { state, planner, connectors, guards }: Ports,
  life: Life,
  signal: AbortSignal,
): Promise<Ended> {
  const { kinds, place, lives, printed, say } = stage;
  const files = { sqls: command.sqls, version: command.version, guards, workDir: place.workDir };
  const project = buildProject(kinds, files);
  const bench = openWorkbench({ project, clock: life.clock, random: life.chance, planner, state, connectors });
  const planTurn = turns(2);
  const one = async (kind: SyncKind) => {
    const sync = project.syncs.get(kind.name);
    if (sync === undefined) throw new Error(`no sync ${kind.name}`);
    if (command.approve) stage.approvals.push({ sync: kind.name, atMs: stage.world.nowMs });
    try {
      const options = {
        ...{ trigger: "command", who: "ann", approve: command.approve, aim: CHANGES_ONLY, insists: command.insists },
        isDead: (holder: string) => stage.seesDeaths && lives.get(holder)?.isAlive === false,
        holder: life.name,
        planTurn,
        onProgress: (progress: unknown) => void printed.push(JSON.stringify(progress)),
        onRecovered: (run: RunRecord) => say(life.name, `${run.sync}: took up ${run.id}: ${run.state}, ${run.reason}`),
      };
      const finished = await runSync(bench, state, sync, options, signal);
      const { run, fault } = finished;
      if (run.code === "INTERNAL") stage.watch.blame(`${life.name}: ${kind.name} failed inside: ${run.reason}`);
      say(life.name, `${kind.name}: ${run.state} ${run.code ?? ""} ${run.reason ?? ""}`);
      if (fault !== null) printed.push(`${fault.message} ${fault.fix ?? ""}`);
      return { sync: kind.name, run, fault };
    } catch (error) {
      printed.push(String(error));
      // A cancel that meets a run as it is taken up comes out as it went in.
      if (signal.aborted && error === signal.reason) return { sync: kind.name, run: null, fault: null };
      if (!(error instanceof Fault)) {
        stage.watch.blame(`${life.name}: ${kind.name} threw ${error instanceof Error ? error.stack : String(error)}`);
        return { sync: kind.name, run: null, fault: null };
      }
      if (error.code === "INTERNAL") stage.watch.blame(`${life.name}: ${kind.name} failed inside: ${error.message}`);
      say(life.name, `${kind.name}: ${error.code} ${error.message}`);
      return { sync: kind.name, run: null, fault: error };
    }
  };
  const ended = await Promise.all(kinds.map(one));
  try {
    await bench.close();
  } catch (error) {
    stage.watch.blame(`${life.name}: closing failed: ${String(error)}`);
  }
  return ended;
}
