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
  conformance: async (config: HubspotConfig, { clock }, object) =>
    (await import("./conformance/conformance.ts")).openConformance(config, clock, object),
  sandbox: {
    defaultPort: 4010,
    tiers: ["free", "pro", "enterprise", "unlimited"],
    credentials: { token: "sandbox" },
    config: (url) => ({ access_token: "sandbox", base_url: url }) satisfies HubspotConfig,
    start: async (options) => (await import("./sandbox/server.ts")).startHubspotSandbox(options),
  },
};
