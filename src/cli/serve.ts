import { resolve } from "node:path";
import { fingerprint } from "../config/fingerprint.ts";
import type { CommandContext } from "./command-context.ts";
import { openSoundProject } from "./open-project.ts";
import { wholeNumber } from "./runs.ts";

type ServeOptions = { host: string; port: string; allowHost: string[] };

/** Between two looks at the files. */
const LOOK_MS = 1_000;

/** Runs schedules, answers the API and works until it is stopped. The log goes to stderr, one JSON object a line. */
export async function serve(context: CommandContext<ServeOptions>, version: string): Promise<number> {
  const { services, output, options, signal } = context;
  const port = wholeNumber(options.port, "--port", 0, 65_535);
  const first = await openSoundProject(context);
  const dir = resolve(options.project);
  const service = await services.openService(
    first,
    {
      load: () => services.loadProject({ dir, environment: options.env ?? null }),
      fingerprint: () => fingerprint(first.project.dir),
      lookEveryMs: LOOK_MS,
      version,
      host: options.host,
      port,
      allowedHosts: options.allowHost,
      writeLog: (line) => output.error(line.trimEnd()),
    },
    signal,
  );
  output.document({ url: service.url });
  output.line(`serving ${service.url}, the API is described at ${service.url}/docs; Ctrl-C stops`);
  await new Promise<void>((stop) => {
    if (signal.aborted) stop();
    signal.addEventListener("abort", () => stop(), { once: true });
  });
  await service.stop();
  return 0;
}
