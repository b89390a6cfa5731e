import type { ConnectorDefinition } from "../../src/contract/connector.ts";
import { type HubspotConfig, hubspotConfig } from "./config.ts";
import { hubspotAbilities, openHubspot } from "./destination.ts";

export const hubspot: ConnectorDefinition = {
  type: "hubspot",
  title: "HubSpot",
  config: hubspotConfig,
  warehouse: null,
  destination: {
    abilities: hubspotAbilities,
    open: (config: HubspotConfig, { clock }) => openHubspot(config, { clock }),
  },
  sandbox: {
    defaultPort: 4010,
    tiers: ["free", "pro", "enterprise", "unlimited"],
    credentials: { token: "sandbox" },
    start: async (options) => (await import("./sandbox/server.ts")).startHubspotSandbox(options),
  },
};
