import type { Sync } from "../contract/project.ts";
import { dailyQuota } from "../engine/daily-quota.ts";
import type { Workbench } from "../engine/workbench.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Of the day's calls, beyond what is reserved for others: below this share people want to know. */
const NEARLY_SPENT = 0.1;

/** Tells where the account that a run went to has hardly any calls left for the day; alerts tell it once a day. */
export async function watchBudget(
  parts: Pick<ServiceParts, "tell">,
  bench: Workbench,
  sync: Sync,
  signal: AbortSignal,
): Promise<void> {
  const { connections, syncs } = bench.project;
  const connection = connections.get(sync.connection);
  const quota = await dailyQuota(bench, sync.connection, signal);
  if (quota === null || connection === undefined) return;
  const { account, max, remaining, reserved } = quota;
  if (remaining - reserved >= max * NEARLY_SPENT) return;
  parts.tell({
    event: "budget",
    connection: connection.name,
    account: `${connection.type} ${account}`,
    ...{ left: remaining, of: max, reserved },
    syncs: [...syncs.values()].filter((one) => one.connection === connection.name),
  });
}
