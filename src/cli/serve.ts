import { resolve } from "node:path";
import { fingerprint } from "../config/fingerprint.ts";
import { Fault } from "../contract/fault.ts";
import { followGit } from "../service/follow-git.ts";
import type { CommandContext } from "./command-context.ts";
import { openSoundProject } from "./open-project.ts";
import { wholeNumber } from "./runs.ts";
import type { ServiceOptions, SoundProject } from "./services.ts";

type ServeOptions = { host: string; port: string; allowHost: string[]; git?: string; poll: string };
type Files = Pick<ServiceOptions, "load" | "fingerprint" | "isAtomic" | "lookEveryMs"> & {
  readonly first: SoundProject;
};

/** Between two looks at files that lie there. */
const LOOK_MS = 1_000;

/** Runs schedules, answers the API and works until it is stopped. The log goes to stderr, one JSON object a line. */
export async function serve(context: CommandContext<ServeOptions>, version: string): Promise<number> {
  const { services, output, options, signal } = context;
  const port = wholeNumber(options.port, "--port", 0, 65_535);
  const { first, ...files } =
    options.git === undefined ? await filesHere(context) : await filesOf(context, options.git);
  const service = await services.openService(
    first,
    {
      ...files,
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

/** The files as they lie in the project folder. */
async function filesHere(context: CommandContext<ServeOptions>): Promise<Files> {
  const { services, options } = context;
  const first = await openSoundProject(context);
  const asked = { dir: resolve(options.project), environment: options.env ?? null };
  return {
    first,
    load: () => services.loadProject(asked),
    fingerprint: () => fingerprint(first.project.dir),
    isAtomic: false,
    lookEveryMs: LOOK_MS,
  };
}

/** The files as they are in the commit that a git ref means. */
async function filesOf(context: CommandContext<ServeOptions>, ref: string): Promise<Files> {
  const { services, options } = context;
  const asked = { dir: resolve(options.project), environment: options.env ?? null };
  const { dir, workDir } = (await openSoundProject(context)).project;
  const git = followGit(dir, workDir, ref);
  const read = async (): Promise<string> => git.files(await git.commit());
  return {
    first: await openSoundProject(context, { filesIn: await read() }),
    load: async () => services.loadProject({ ...asked, filesIn: await read() }),
    fingerprint: () => git.commit(),
    isAtomic: true,
    lookEveryMs: wholeSeconds(options.poll),
  };
}

function wholeSeconds(text: string): number {
  const found = /^(\d{1,5})(s|m)$/.exec(text);
  const seconds = Number(found?.[1] ?? 0) * (found?.[2] === "m" ? 60 : 1);
  if (seconds >= 1) return seconds * 1000;
  throw new Fault("USAGE", `--poll ${text}: not a time`, { fix: "write seconds or minutes, such as 60s or 5m" });
}
