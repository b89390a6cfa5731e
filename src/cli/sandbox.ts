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
  const running = await start(() => connector.sandbox?.start({ port, seed, tier: options.tier, dataFile }), port);
  output.document({ hubspot: { url: running.url, tier: options.tier, token: "sandbox" } });
  output.line(`sandbox: HubSpot (${options.tier}) listens on ${running.url}, token "sandbox"`);
  await new Promise<void>((stop) => {
    if (signal.aborted) stop();
    signal.addEventListener("abort", () => stop(), { once: true });
  });
  await running.close();
  return 0;
}

async function start<T>(make: () => Promise<T> | undefined, port: number): Promise<T> {
  try {
    const made = await make();
    if (made === undefined) throw new Fault("INTERNAL", "the sandbox did not start");
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new Fault("PORT_IN_USE", `port ${port} of 127.0.0.1 is in use`, {
      fix: "stop the other program, or choose another with --hubspot-port (0 takes a free one)",
      cause: error,
    });
  }
}
