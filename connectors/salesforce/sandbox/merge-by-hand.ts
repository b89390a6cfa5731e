import { refusedInput } from "../../../src/kit/sandbox/control-input.ts";
import { change, childrenOf } from "./delete-record.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import { isDeleted, type StoredRecord } from "./stored-record.ts";

/** As when a user merges: the losers go into the recycle bin and name their master, their children become the master's. */
export function mergeByHand(
  org: Org,
  store: ObjectStore,
  master: StoredRecord,
  losers: readonly StoredRecord[],
): unknown {
  if (!store.fields.has("MasterRecordId")) throw refusedInput(`object: records of ${store.kind.name} cannot be merged`);
  for (const record of [master, ...losers]) {
    if (store.byId(record.id) !== record) throw refusedInput(`${record.id} is no ${store.kind.name}`);
    if (isDeleted(record)) throw refusedInput(`${record.id} is deleted`);
  }
  if (losers.includes(master)) throw refusedInput("losers: the master is among them");
  if (losers.length > 2) throw refusedInput("losers: at most two are merged into one master at a time");
  for (const loser of losers) {
    for (const child of childrenOf(org, store, loser))
      change(org, child.store, child.record, { [child.field.name]: master.id });
    change(org, store, loser, { IsDeleted: true, MasterRecordId: master.id });
  }
  change(org, store, master, {});
  return { id: master.id, mergedRecordIds: losers.map(({ id }) => id) };
}
