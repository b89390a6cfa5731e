import type { Clock, Random } from "../contract/clock.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import { Fault } from "../contract/fault.ts";
import type { Planner } from "../contract/planner.ts";
import type { Project, Sync } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import type { Warehouse } from "../contract/warehouse.ts";
import { type Accounts, openAccounts } from "./accounts.ts";

/** Everything a plan or a run works with, opened once per process. */
export type Workbench = {
  readonly project: Project;
  readonly clock: Clock;
  readonly random: Random;
  readonly planner: Planner;
  /** null for a plan on a project that never ran. */
  readonly state: StateStore | null;
  readonly accounts: Accounts;
  warehouse(connection: string): Promise<Warehouse>;
  close(): Promise<void>;
};

export type WorkbenchParts = Omit<Workbench, "accounts" | "warehouse" | "close"> & {
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
    warehouse: (name) => {
      const opened = warehouses.get(name) ?? openWarehouse(parts, name);
      warehouses.set(name, opened);
      return opened;
    },
    close: async () => {
      for (const warehouse of warehouses.values()) await (await warehouse).close();
      await accounts.close();
      await parts.planner.close();
      await parts.state?.close();
    },
  };
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
