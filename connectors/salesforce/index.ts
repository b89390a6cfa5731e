import type { ConnectorDefinition } from "../../src/contract/connector.ts";
import { type SalesforceConfig, salesforceConfig } from "./config.ts";
import { openSalesforce, salesforceAbilities } from "./destination.ts";

export const salesforce: ConnectorDefinition = {
  type: "salesforce",
  title: "Salesforce",
  config: salesforceConfig,
  warehouse: null,
  destination: {
    abilities: salesforceAbilities,
    open: (config: SalesforceConfig, { clock }) => openSalesforce(config, { clock }),
  },
  conformance: async (config: SalesforceConfig, { clock }, object) =>
    (await import("./conformance/conformance.ts")).openConformance(config, clock, object),
  sandbox: {
    defaultPort: 4020,
    tiers: ["free", "pro", "enterprise", "unlimited"],
    credentials: { client_id: "sandbox", client_secret: "sandbox" },
    config: (url) =>
      salesforceConfig.parse({
        login_url: url,
        auth: { flow: "client_credentials", client_id: "sandbox", client_secret: "sandbox" },
      }),
    start: async (options) => (await import("./sandbox/server.ts")).startSalesforceSandbox(options),
  },
};
