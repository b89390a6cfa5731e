import type { Clock, Random } from "../contract/clock.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import type { LoadedProject, Project } from "../contract/project.ts";
import type { Workbench } from "../engine/workbench.ts";

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
  loadProject(options: { dir: string; environment: string | null }): Promise<LoadedProject>;
  openBench(project: Project, mode: "run" | "plan", signal: AbortSignal): Promise<Workbench>;
};
