import { rmSync } from "node:fs";
import { join } from "node:path";
import { pointText } from "./point.ts";
import { endText, type Killed, MOST_RESTARTS, QUARANTINED_AFTER, type Round, randomMoment, type Way } from "./round.ts";
import { type Ended, startProgram } from "./start-program.ts";

/** `sluice run`: a process for each run. */
export const byRun: Way = {
  kill: async (round) => {
    const { moment, ended } = await (round.random() < 0.5 ? killAtPoint(round) : killAtRandom(round));
    return { moment, ended, wrong: hasFailed(ended) ? [endText(ended)] : [] };
  },
  settle: async ({ programs, life, counts }, { kills }) => {
    const start = (command: string): Promise<Ended> => {
      counts.restarts++;
      return startProgram(life.project.dir, [programs.main, command, "people"]).ended;
    };
    let ended = await start("run");
    for (let tries = 1; ended.status !== 0; tries++) {
      if (hasFailed(ended) || tries === MOST_RESTARTS) return [`restart ${tries}: ${endText(ended)}`];
      if (isQuarantined(ended)) {
        // Somebody lets it go on.
        if (kills < QUARANTINED_AFTER) return [`quarantined after ${kills} deaths`];
        await start("resume");
      }
      ended = await start("run");
    }
    return [];
  },
};

/** Nobody killed it, and it did not end well: rows may be deferred, and a sync that died too often may be quarantined. */
function hasFailed(ended: Ended): boolean {
  return ended.signal === null && ended.status !== 0 && ended.status !== 3 && !isQuarantined(ended);
}

function isQuarantined({ stderr }: Ended): boolean {
  return stderr.includes("QUARANTINED");
}

async function killAtPoint({ programs, life, menu, counts }: Round): Promise<Omit<Killed, "wrong">> {
  const { dir } = life.project;
  const point = menu.choose();
  const trace = join(dir, "trace.log");
  rmSync(trace, { force: true });
  const env = { CRASH_POINT: pointText(point), CRASH_TRACE: trace };
  const ended = await startProgram(dir, [programs.withPoints, "run", "people"], env).ended;
  menu.learn(trace);
  if (ended.signal === "SIGKILL") {
    counts.atPoints++;
    menu.met(point);
  }
  return { moment: pointText(point), ended };
}

async function killAtRandom(round: Round): Promise<Omit<Killed, "wrong">> {
  const { programs, life, counts } = round;
  const running = startProgram(life.project.dir, [programs.main, "run", "people"]);
  const { moment, isThere } = randomMoment(round, running);
  await Promise.race([isThere, running.ended]);
  running.child.kill("SIGKILL");
  const ended = await running.ended;
  if (ended.signal === "SIGKILL") counts.atRandom++;
  return { moment, ended };
}
