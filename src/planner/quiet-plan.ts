import type { PlanFacts, PlanRequest } from "../contract/planner.ts";
import { type CommitAt, metaAfter } from "./commit-plan.ts";
import { NOTHING_TO_GUARD } from "./guard-rows.ts";
import type { Quiet } from "./read-model.ts";
import type { AfterStage, SessionParts } from "./session-parts.ts";
import { fence, invalidTable, isSame, putMeta } from "./snapshot-schema.ts";

/** A plan whose model is the snapshot, row by row: the usual one. Nothing of it needs a table. */
export function quietPlan(parts: SessionParts, version: string, quiet: Quiet): AfterStage {
  const { request, session } = parts;
  return {
    unlinked: async () => [],
    link: async () => undefined,
    build: async () => factsOf(request, quiet),
    guardCounts: async () => NOTHING_TO_GUARD,
    setAside: async () => 0,
    // None of them is planned and none waits: they were mended, reverted, or left the model.
    goneRejects: async () => {
      const keys: string[] = [];
      for await (const page of request.rejects) for (const { key } of page) keys.push(key);
      return keys;
    },
    sample: async () => [],
    write: async (path, signal) => {
      signal.throwIfAborted();
      return parts.emptyPlans.write(session, path);
    },
    commit: (epoch) => commitQuiet(parts, { epoch, hashVersion: version }),
    storeLinks: async () => ({ linked: 0, taken: 0 }),
  };
}

function factsOf({ keepsRemovals }: PlanRequest, { read, known }: Quiet): PlanFacts {
  return {
    counts: { read, invalid: 0, unchanged: read, waiting: 0, added: 0, changed: 0, removed: 0 },
    ...{ superseded: 0, suppressed: 0, snapshotRows: known, operations: [], writesById: 0, creates: 0, adopts: 0 },
    ...{ removals: 0, transferred: 0, invalidGroups: [], newInvalid: 0, removalsPostponed: keepsRemovals },
  };
}

/** Most runs find their sync as they left it, and need not write that down again. */
async function commitQuiet({ request, session, looking, replacing }: SessionParts, at: CommitAt): Promise<void> {
  const isAsLeft = await looking(async (stored) => {
    if (stored === null) return false;
    fence(stored, at.epoch);
    return (
      isSame(stored, metaAfter(request, stored, at)) &&
      (await session.count(`select count(*) from ${invalidTable(stored.table)}`)) === 0
    );
  });
  if (isAsLeft) return;
  await replacing((stored) =>
    session.transaction(async () => {
      const meta = await putMeta(session, metaAfter(request, stored, at), stored);
      await session.run(`delete from ${invalidTable(meta.table)}`);
      return meta;
    }),
  );
}
