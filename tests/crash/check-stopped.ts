import { existsSync } from "node:fs";
import { join } from "node:path";
import { readState } from "./check-memory.ts";

type Left = { readonly id: string; readonly state: string; readonly isOpen: number; readonly sent: number };

// What was given up is in doubt since an earlier death, and the next plan knows.
const RUNS = `select id, state, ended_at is null as isOpen,
    (select count(*) from batch where batch.run = run.id and batch.state = 'sent') as sent
  from run where code is null or code <> 'INTERRUPTED'`;

/**
 * What a service that was told to stop left behind and should not have. `inherited`: ids of runs that an earlier process had left
 * open; it may not have come to them.
 */
export function checkStopped(dir: string, inherited: ReadonlySet<string>): string[] {
  const found: string[] = [];
  if (existsSync(join(dir, ".sluice/serve.json"))) found.push("stopped: its address still stands in serve.json");
  const file = join(dir, ".sluice/state.db");
  for (const { holder } of readState<{ holder: string }>(file, "select holder from lease where holder <> ''"))
    found.push(`stopped: ${holder} still holds the lease`);
  for (const { id, state, sent, isOpen } of readState<Left>(file, RUNS)) {
    if (isOpen === 1 && inherited.has(id)) continue;
    if (isOpen === 1 && state !== "queued") found.push(`stopped: run ${id} is left ${state}`);
    if (sent > 0) found.push(`stopped: ${sent} calls of run ${id} (${state}) are without an answer`);
  }
  return found;
}
