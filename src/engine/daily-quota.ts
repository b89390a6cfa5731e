import { newMeter } from "../delivery/gate.ts";
import type { Workbench } from "./workbench.ts";

export type DailyQuota = {
  /** The vendor's own id of it. */
  readonly account: string;
  readonly max: number;
  readonly remaining: number;
  /** Of the remaining, for the account's other users. */
  readonly reserved: number;
};

/** The calls of the day of an account that a run has opened, as the vendor told them last; null where it tells nothing. */
export async function dailyQuota(bench: Workbench, name: string, signal: AbortSignal): Promise<DailyQuota | null> {
  const { account, gate } = await bench.accounts.open(name, newMeter(), signal);
  const { daily } = gate.budget;
  if (daily === null) return null;
  const reserve = bench.project.connections.get(name)?.reserve ?? 0;
  return { account: account.id, ...daily, reserved: Math.ceil(daily.max * reserve) };
}
