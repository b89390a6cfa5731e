/** A simulated vendor: records, limit, and the trouble of a seed. It lives in its own time, whatever becomes of its callers. */
import type { Reply, Write, WriteBatch } from "../../../src/contract/destination.ts";
import { type Hints, NO_HINTS } from "../../../src/contract/fault.ts";
import type { CallFault, Swarm } from "../story/swarm.ts";
import type { Chance } from "../world/chance.ts";
import type { World } from "../world/world.ts";
import { type Limiter, slidingWindow } from "./limiter.ts";
import { newRecords, type Records, type VendorRecord } from "./records.ts";
import type { Traits } from "./traits.ts";

export interface Vendor {
  readonly traits: Traits;
  readonly records: Records;
  readonly limiter: Limiter;
  /** Faults are drawn only while this is true. */
  isTroubled: boolean;
  /** The vendor is down until then. */
  downUntilMs: number;
  /** Told of every new record, whoever made it. */
  onMade: (record: VendorRecord) => void;
  /** Kinds that really came up. */
  readonly seen: Set<string>;
  /** What goes wrong with the next call; null where nothing does. */
  drawFault(call: "ask" | WriteBatch["operation"]): CallFault | "outage" | null;
  /** Whether a write that meets an outage is carried out all the same. */
  landsInOutage(): boolean;
  /** ms from one end to the other. */
  transitMs(isSlow: boolean): number;
  hints(nowMs: number): Hints;
  /** The pause that a refusal for the rate asks for; null where it does not say. */
  drawRetryAfter(): number | null;
  /** Applies a batch some time after its caller gave up. */
  applyLate(batch: WriteBatch): void;
  answer(batch: WriteBatch, nowMs: number): Reply;
}

export function newVendor(world: World, traits: Traits, swarm: Swarm, chance: Chance): Vendor {
  const records = newRecords(
    traits,
    () => world.nowMs,
    (record) => vendor.onMade(record),
  );
  const limiter = slidingWindow(traits.limit);
  const seen = new Set<string>();
  /** When each record was last written by a call that was not late. */
  const writtenMs = new Map<string, number>();
  const vendor: Vendor = {
    traits,
    records,
    limiter,
    isTroubled: true,
    downUntilMs: 0,
    onMade: () => undefined,
    seen,
    drawFault: (call) => {
      if (!vendor.isTroubled) return null;
      if (world.nowMs < vendor.downUntilMs) {
        seen.add("outage");
        return "outage";
      }
      // Questions go wrong less often: a run that learns nothing writes nothing.
      if (!chance.hits(call === "ask" ? swarm.callRate / 5 : swarm.callRate)) return null;
      const [first, ...others] = swarm.calls.filter((kind) => isPossible(kind, call, traits));
      if (first === undefined) return null;
      const kind = chance.pick([first, ...others]);
      seen.add(kind);
      return kind;
    },
    landsInOutage: () => chance.hits(0.5),
    transitMs: (isSlow) => (isSlow ? chance.int(2_000, 50_000) : chance.int(10, 60)),
    hints: (nowMs) => ({
      ...NO_HINTS,
      window: { ...traits.limit, remaining: limiter.remaining(nowMs) },
    }),
    drawRetryAfter: () => chance.pick([null, 1_000, 5_000, 30_000, 30_000]),
    applyLate: (batch) => {
      const sentMs = world.nowMs;
      const isOvertaken = ({ by }: Write): boolean => {
        const [[field, value] = ["", ""]] = "id" in by ? [] : Object.entries(by.match);
        const found = "id" in by ? [by.id] : records.having(batch.object, field, value).map(({ id }) => id);
        return found.some((id) => (writtenMs.get(id) ?? -1) > sentMs);
      };
      // A late write over a newer one is what no client can help against: this vendor drops it.
      const land = (): void =>
        void records.carryOut({ ...batch, writes: batch.writes.filter((write) => !isOvertaken(write)) });
      world.at(world.nowMs + chance.int(500, 20_000), land);
    },
    answer: (batch, nowMs) => {
      const { outcomes, refusedWhole } = records.carryOut(batch);
      for (const outcome of outcomes) if (outcome.kind === "applied") writtenMs.set(outcome.remoteId, nowMs);
      return { outcomes, refusedWhole, calls: 1, bytesOut: 100, hints: vendor.hints(nowMs) };
    },
  };
  return vendor;
}

/**
 * Where a key is not unique, a create that lands late or twice makes a second record whoever sends it (so does a slow one whose
 * sender is dead): no client can help that, and no seed asks for it.
 */
function isPossible(kind: CallFault, call: "ask" | WriteBatch["operation"], traits: Traits): boolean {
  if (call === "ask") return kind === "unauthorized" || kind === "throttled" || kind === "down" || kind === "slow";
  const isDoubling = call === "create" || call === "upsert";
  const isTooMuch = kind === "late" || kind === "twice" || kind === "slow";
  return !(isDoubling && !traits.extIsUnique && isTooMuch);
}
