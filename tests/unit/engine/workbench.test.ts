// Proves that closing reaches everything that was opened, whatever could not be opened or closed, and that failures are told.
import { expect, test } from "vitest";
import { z } from "zod";
import type { ConnectorDefinition } from "../../../src/contract/connector.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { Planner } from "../../../src/contract/planner.ts";
import type { Connection, Project } from "../../../src/contract/project.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import type { Warehouse } from "../../../src/contract/warehouse.ts";
import { openWorkbench } from "../../../src/engine/workbench.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";

function setUp({ failing = "" } = {}) {
  const closed: string[] = [];
  const closer = (name: string) => ({
    close: async () => {
      closed.push(name);
      if (name === failing) throw new Fault("STATE_FAILED", `${name} could not be closed`);
    },
  });
  let tries = 0;
  const connector: ConnectorDefinition = {
    type: "duckdb",
    title: "",
    config: z.strictObject({}),
    warehouse: async (_, { connection }) => {
      if (connection === "late" && ++tries === 1) throw new Fault("WAREHOUSE_UNREACHABLE", "not yet");
      return closer(connection) as unknown as Warehouse;
    },
    destination: null,
    conformance: null,
    sandbox: null,
  };
  const connections = new Map(["good", "late"].map((name) => [name, { name, type: "duckdb", config: {} }]));
  const bench = openWorkbench({
    project: {
      dir: "/",
      secrets: [],
      connections: connections as unknown as ReadonlyMap<string, Connection>,
    } as unknown as Project,
    clock: fakeClock(),
    random: () => 0.5,
    connectors: [connector],
    planner: closer("planner") as unknown as Planner,
    state: closer("state") as unknown as StateStore,
  });
  return { bench, closed };
}

test("a warehouse that could not open stops nobody from closing, and is opened again when it is asked for again", async () => {
  const { bench, closed } = setUp();
  await bench.warehouse("good");
  await expect(bench.warehouse("late")).rejects.toThrow("not yet");
  await bench.warehouse("late");
  await bench.close();
  expect(closed).toEqual(["good", "late", "planner", "state"]);
});

test("planner and state are closed after a failure while one is still opening, and the failure of closing is thrown", async () => {
  const { bench, closed } = setUp({ failing: "good" });
  await bench.warehouse("good");
  const late = bench.warehouse("late").catch((error: unknown) => error);
  await expect(bench.close()).rejects.toMatchObject({ code: "STATE_FAILED" });
  expect(await late).toMatchObject({ code: "WAREHOUSE_UNREACHABLE" });
  expect(closed).toEqual(["good", "planner", "state"]);
});
