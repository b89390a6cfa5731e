import type { Clock, Random } from "../contract/clock.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import { Fault } from "../contract/fault.ts";
import type { Planner } from "../contract/planner.ts";
import type { Project, Sync } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import type { Warehouse } from "../contract/warehouse.ts";
import { type Accounts, openAccounts } from "./accounts.ts";
import { openUnderway, type Underway } from "./underway.ts";

/** Everything a plan or a run works with, opened once per process. */
export type Workbench = {
  readonly project: Project;
  readonly clock: Clock;
  readonly random: Random;
  readonly planner: Planner;
  /** null for a plan on a project that never ran. */
  readonly state: StateStore | null;
  readonly accounts: Accounts;
  /** What its runs tell each other. */
  readonly underway: Underway;
  warehouse(connection: string): Promise<Warehouse>;
  /** Closes everything that could be opened, and throws where something that had to be kept was not. */
  close(): Promise<void>;
};

export type WorkbenchParts = Omit<Workbench, "accounts" | "underway" | "warehouse" | "close"> & {
  readonly connectors: readonly ConnectorDefinition[];
};

export function openWorkbench(parts: WorkbenchParts): Workbench {
  const { project, clock } = parts;
  const warehouses = new Map<string, Promise<Warehouse>>();
  const accounts = openAccounts(parts);
  return {
    project,
    clock,
    random: parts.random,
    planner: parts.planner,
    state: parts.state,
    accounts,
    underway: openUnderway(),
    warehouse: (name) => {
      const known = warehouses.get(name);
      if (known !== undefined) return known;
      const opening = openWarehouse(parts, name).catch((error: unknown) => {
        // Whoever waits for it is told; the next one may find it there.
        warehouses.delete(name);
        throw error;
      });
      warehouses.set(name, opening);
      return opening;
    },
    close: async () => {
      const settled = await Promise.allSettled(warehouses.values());
      const opened = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      await closeAll([...opened, accounts, parts.planner, ...(parts.state === null ? [] : [parts.state])]);
    },
  };
}

/** One after the other, every one of them whatever becomes of the others; then throws the first failure. */
async function closeAll(open: readonly { close(): Promise<void> }[]): Promise<void> {
  const failures: unknown[] = [];
  for (const one of open) await one.close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function openWarehouse(parts: WorkbenchParts, name: string): Promise<Warehouse> {
  const connection = parts.project.connections.get(name);
  const connector = parts.connectors.find((candidate) => candidate.type === connection?.type);
  if (connection === undefined || connector?.warehouse == null)
    throw new Fault("CONFIG_INVALID", `connection "${name}" is no warehouse`, { fix: "name a warehouse connection" });
  return connector.warehouse(connection.config as never, {
    connection: name,
    projectDir: parts.project.dir,
    clock: parts.clock,
  });
}

export function modelOf(project: Project, sync: Sync) {
  const model = project.models.get(sync.model);
  if (model === undefined) throw new Fault("CONFIG_INVALID", `sync "${sync.name}" names no known model`);
  return model;
}
