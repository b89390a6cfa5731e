import type { Problem } from "../contract/fault.ts";
import type { Alert, Sync } from "../contract/project.ts";
import { readMailbox, sameOwner } from "../core/mailbox.ts";
import { hint } from "../core/suggest.ts";
import { placeOf, warning } from "./problem.ts";
import type { YamlFile } from "./yaml-file.ts";

/** Whether those whom alerts know by `owner` are there: a sync whose owner gets no mail, an owner of no sync. Warnings only. */
export function checkOwners(
  file: YamlFile,
  alerts: ReadonlyMap<string, Alert>,
  syncs: readonly Sync[],
  problems: Problem[],
): void {
  const owners = new Map(syncs.flatMap(({ owner }) => (owner === null ? [] : [[sameOwner(owner), owner] as const])));
  for (const { name, owners: wanted } of alerts.values())
    wanted?.forEach((owner, index) => {
      if (owners.has(sameOwner(owner))) return;
      const place = placeOf(file, ["alerts", name, "owners", index]);
      const message = `alert "${name}": no sync has the owner "${owner}"`;
      problems.push(warning(place, "UNKNOWN_OWNER", message, hint(owner, owners.values(), "owners")));
    });
  const toOwners = [...alerts.values()].filter((alert) => alert.type === "email" && alert.to === "owner");
  for (const sync of syncs) {
    if (sync.owner !== null && readMailbox(sync.owner) !== null) continue;
    const silent = toOwners.filter(({ name, owners: wanted }) => isTold(sync, name, wanted));
    if (silent.length === 0) continue;
    const names = silent.map(({ name }) => `"${name}"`).join(", ");
    const why = sync.owner === null ? "it has no owner" : `its owner "${sync.owner}" is no address`;
    const message = `${silent.length === 1 ? "alert" : "alerts"} ${names} would tell nobody of sync "${sync.name}": ${why}`;
    const fix = "owner: ada@example.com, in the sync or in defaults";
    problems.push(warning(placeOf(sync.source, ["owner"]), "OWNER_WITHOUT_ADDRESS", message, fix));
  }
}

function isTold({ alerts, owner }: Sync, alert: string, wanted: readonly string[] | null): boolean {
  if (alerts !== null && !alerts.includes(alert)) return false;
  return wanted === null || (owner !== null && wanted.some((one) => sameOwner(one) === sameOwner(owner)));
}
