import { Fault, type Problem } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import { newMeter } from "../delivery/gate.ts";
import { prepareSync } from "./prepare-sync.ts";
import type { Workbench } from "./workbench.ts";

/** What is wrong with a sync once both its sides are asked; nothing is evaluated or sent. */
export async function checkSync(bench: Workbench, sync: Sync, signal: AbortSignal): Promise<readonly Problem[]> {
  try {
    return (await prepareSync(bench, sync, newMeter(), signal)).warnings;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.problems.length > 0) return error.problems;
    const position = sync.source.locate([]);
    return [
      {
        severity: "error",
        file: sync.source.file,
        ...position,
        code: error.code,
        message: error.message,
        fix: error.fix,
      },
    ];
  }
}

/** Opens a destination and says whose account it is and what the connector may do there. */
export async function checkDestination(bench: Workbench, connection: string, signal: AbortSignal): Promise<string> {
  const { account, abilities } = await bench.accounts.open(connection, newMeter(), signal);
  return `${account.label}; may ${abilities.operations.join(", ")}`;
}
