import type { Clock, Random } from "../contract/clock.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import type { LoadedProject, Project } from "../contract/project.ts";
import type { Workbench } from "../engine/workbench.ts";
import type { ServeOptions } from "../service/serve.ts";

export type SoundProject = Extract<LoadedProject, { ok: true }>;

export type ServiceOptions = Pick<
  ServeOptions,
  "load" | "fingerprint" | "isAtomic" | "lookEveryMs" | "version" | "host" | "port" | "allowedHosts"
> & {
  /** Takes the log, a line at a time, without secrets. */
  readonly writeLog: (line: string) => void;
};

export type RunningService = { readonly url: string; stop(): Promise<void> };

/** What the commands need of the outside world; wire.ts puts it together. */
export type Services = {
  readonly clock: Clock;
  readonly random: Random;
  readonly connectors: readonly ConnectorDefinition[];
  /** Who works here, `pid@host`; leases carry it. */
  readonly holder: string;
  /** Who acts, for the audit log. */
  readonly who: string;
  isDead(holder: string): boolean;
  loadProject(options: { dir: string; environment: string | null; filesIn?: string }): Promise<LoadedProject>;
  /** Starts scheduler, API and worker on the project. */
  openService(loaded: SoundProject, options: ServiceOptions, signal: AbortSignal): Promise<RunningService>;
  openBench(project: Project, mode: "run" | "plan", signal: AbortSignal): Promise<Workbench>;
};
