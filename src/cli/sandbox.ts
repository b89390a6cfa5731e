import { resolve } from "node:path";
import type { ConnectorDefinition } from "../contract/connector.ts";
import { Fault } from "../contract/fault.ts";
import type { Sandbox } from "../contract/sandbox.ts";
import type { CommandContext } from "./command-context.ts";
import { wholeNumber } from "./runs.ts";

type SandboxFlags = { hubspotPort?: string; salesforcePort?: string; seed: string; tier: string; data?: string };
type Started = { readonly connector: ConnectorDefinition; readonly running: Sandbox };

/** Serves until it is stopped; says one line a vendor when it listens. */
export async function sandbox({ services, output, options, signal }: CommandContext<SandboxFlags>): Promise<number> {
  const seed = wholeNumber(options.seed, "--seed", 0, Number.MAX_SAFE_INTEGER);
  const chosen = choose(services.connectors, options);
  const dataFile = options.data === undefined ? null : resolve(options.data);
  if (dataFile !== null && chosen.length > 1)
    throw new Fault("USAGE", "--data keeps the records of one sandbox, and several would start", {
      fix: "name one of them: --hubspot-port or --salesforce-port",
    });
  const started: Started[] = [];
  try {
    for (const { connector, port, option } of chosen)
      started.push({
        connector,
        running: await start(connector, { port, seed, tier: options.tier, dataFile }, option),
      });
    output.document(
      Object.fromEntries(
        started.map(({ connector, running }) => [
          connector.type,
          { url: running.url, tier: options.tier, ...connector.sandbox?.credentials },
        ]),
      ),
    );
    for (const { connector, running } of started) {
      const credentials = Object.entries(connector.sandbox?.credentials ?? {}).map(
        ([key, value]) => `${key} "${value}"`,
      );
      output.line(`sandbox: ${connector.title} (${options.tier}) listens on ${running.url}, ${credentials.join(", ")}`);
    }
    await new Promise<void>((stop) => {
      if (signal.aborted) stop();
      signal.addEventListener("abort", () => stop(), { once: true });
    });
  } finally {
    for (const { running } of started) await running.close();
  }
  return 0;
}

/** The vendors whose port is named; with none named, all of them. */
function choose(connectors: readonly ConnectorDefinition[], options: SandboxFlags) {
  const ports: Readonly<Record<string, string | undefined>> = {
    hubspot: options.hubspotPort,
    salesforce: options.salesforcePort,
  };
  const isNamed = Object.values(ports).some((port) => port !== undefined);
  return connectors.flatMap((connector) => {
    if (connector.sandbox === null) return [];
    const named = ports[connector.type];
    if (isNamed && named === undefined) return [];
    const option = `--${connector.type}-port`;
    const port = named === undefined ? connector.sandbox.defaultPort : wholeNumber(named, option, 0, 65_535);
    return [{ connector, port, option }];
  });
}

/** The server knows nothing of the command line: here the fix names the option. */
async function start(
  connector: ConnectorDefinition,
  options: { port: number; seed: number; tier: string; dataFile: string | null },
  option: string,
): Promise<Sandbox> {
  try {
    if (connector.sandbox === null) throw new Fault("INTERNAL", `${connector.title} has no sandbox`);
    return await connector.sandbox.start(options);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "PORT_IN_USE") throw error;
    throw new Fault(error.code, error.message, {
      fix: `stop what listens there, or choose another port with ${option} (0 takes a free one)`,
      cause: error,
    });
  }
}
