import type { ConnectorDefinition } from "../src/contract/connector.ts";
import { duckdb } from "./duckdb/index.ts";
import { hubspot } from "./hubspot/index.ts";
import { salesforce } from "./salesforce/index.ts";

/** Every connector there is; what is not in this list does not exist. */
export const connectors: readonly ConnectorDefinition[] = [duckdb, hubspot, salesforce];
