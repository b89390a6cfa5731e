import type { ConnectorDefinition } from "../../src/contract/connector.ts";
import { type DuckdbConfig, duckdbConfig } from "./config.ts";

export const duckdb: ConnectorDefinition = {
  type: "duckdb",
  title: "DuckDB, or CSV and Parquet files",
  config: duckdbConfig,
  warehouse: async (config: DuckdbConfig, context) => {
    const { openWarehouse } = await import("./warehouse.ts");
    return openWarehouse(config, context);
  },
  destination: null,
  conformance: null,
  sandbox: null,
};
