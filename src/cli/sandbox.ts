import { resolve } from "node:path";
import { Fault } from "../contract/fault.ts";
import type { CommandContext } from "./command-context.ts";
import { wholeNumber } from "./runs.ts";

type SandboxFlags = { hubspotPort: string; seed: string; tier: string; data?: string };

/** Serves until it is stopped; says one line when it listens. */
export async function sandbox({ services, output, options, signal }: CommandContext<SandboxFlags>): Promise<number> {
  const connector = services.connectors.find((candidate) => candidate.type === "hubspot");
  if (connector?.sandbox == null) throw new Fault("INTERNAL", "this build has no HubSpot sandbox");
  const port = wholeNumber(options.hubspotPort, "--hubspot-port", 0, 65_535);
  const seed = wholeNumber(options.seed, "--seed", 0, Number.MAX_SAFE_INTEGER);
  const dataFile = options.data === undefined ? null : resolve(options.data);
  const running = await start(() => connector.sandbox?.start({ port, seed, tier: options.tier, dataFile }));
  output.document({ hubspot: { url: running.url, tier: options.tier, token: "sandbox" } });
  output.line(`sandbox: HubSpot (${options.tier}) listens on ${running.url}, token "sandbox"`);
  await new Promise<void>((stop) => {
    if (signal.aborted) stop();
    signal.addEventListener("abort", () => stop(), { once: true });
  });
  await running.close();
  return 0;
}

/** The server knows nothing of the command line: here the fix names the option. */
async function start<T>(make: () => Promise<T> | undefined): Promise<T> {
  try {
    const made = await make();
    if (made === undefined) throw new Fault("INTERNAL", "the sandbox did not start");
    return made;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "PORT_IN_USE") throw error;
    throw new Fault(error.code, error.message, {
      fix: "stop what listens there, or choose another port with --hubspot-port (0 takes a free one)",
      cause: error,
    });
  }
}
