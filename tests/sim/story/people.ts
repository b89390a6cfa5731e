/** What people do in the destination between two commands. Whatever they touch is excused from the checks that they break. */
import type { Watch } from "../checks/watch.ts";
import type { VendorRecord } from "../vendor/records.ts";
import type { Vendor } from "../vendor/vendor.ts";
import type { Chance } from "../world/chance.ts";
import type { Say } from "../world/life.ts";
import type { Swarm } from "./swarm.ts";

export async function letPeopleWork(
  vendor: Vendor,
  swarm: Swarm,
  watch: Watch,
  chance: Chance,
  say: Say,
): Promise<void> {
  const { records } = vendor;
  const living = records.living("contacts");
  const any = (): VendorRecord | undefined => living[chance.int(0, Math.max(0, living.length - 1))];
  const excuse = (record: VendorRecord): void => {
    for (const key of record.keys) watch.excuse(key);
  };
  const seen = (what: string): void => {
    vendor.seen.add(what);
    say("people", what);
  };
  if (swarm.has("hand edit") && chance.hits(0.4)) {
    const record = any();
    if (record !== undefined) {
      const field = chance.pick(["city", "city", "email", "ext"]);
      if (field === "ext") excuse(record);
      if (field === "email") await watch.excuseUnlinked(record);
      records.put(record, { [field]: field === "city" ? "typed" : `typed${record.id}@x` }, "people");
      if (field === "ext") excuse(record);
      seen("hand edit");
    }
  }
  if (swarm.has("deletion") && chance.hits(0.25)) {
    const record = any();
    if (record !== undefined) {
      record.isAlive = false;
      excuse(record);
      seen("deletion");
    }
  }
  if (swarm.has("merge") && chance.hits(0.25)) {
    const [loser, survivor] = [any(), any()];
    if (loser !== undefined && survivor !== undefined && loser !== survivor && loser.isAlive && survivor.isAlive) {
      loser.isAlive = false;
      loser.mergedInto = survivor.id;
      excuse(loser);
      excuse(survivor);
      seen("merge");
    }
  }
  if (swarm.has("hand made") && chance.hits(0.4)) {
    const key = chance.int(1, 8);
    const email = chance.hits(0.7) ? `E${key}@X` : null;
    const ext = chance.hits(0.5) ? `k${key}` : null;
    const isFree =
      (ext === null || records.having("contacts", "ext", ext).length === 0) &&
      (email === null || records.having("contacts", "email", email).length === 0);
    if (isFree) {
      records.make("contacts", { ext, email, name: "typed" }, "people");
      watch.excuse(`k${key}`);
      seen("hand made");
    }
  }
}
