import { runProgram } from "../../src/cli/program.ts";
import { systemClock, wire } from "../../src/wire.ts";
import { fastClock } from "./fast-clock.ts";
import { openWatch, watchRenames, watchServices } from "./points.ts";
import { serveWatched } from "./serve-with-points.ts";

// The program of src/main.ts for tests only. CRASH_POINT names the moment at which it kills itself, CRASH_TRACE a file that
// gets the name of every call that could be such a moment, CRASH_CLOCK how much faster its time goes.
const { CRASH_POINT: point, CRASH_TRACE: trace, CRASH_CLOCK: speed } = process.env;
const watch = openWatch({ point, trace });
watchRenames(watch);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new Error("stopped by SIGTERM")));

process.exitCode = await runProgram(process.argv.slice(2), {
  services: async () => {
    const services = wire(speed === undefined ? systemClock() : fastClock(speed));
    return { ...watchServices(services, watch), openService: serveWatched(services, watch) };
  },
  streams: { stdout: process.stdout, stderr: process.stderr },
  signal: stop.signal,
  version: "0.0.0",
});
