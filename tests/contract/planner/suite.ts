import { afterAll, beforeAll, describe, test } from "vitest";
import { adoptedRows } from "./cases/adopted-rows.ts";
import { blankAndNull } from "./cases/blank-and-null.ts";
import { changedTypes } from "./cases/changed-types.ts";
import { duplicateMatch } from "./cases/duplicate-match.ts";
import { forgottenPerson } from "./cases/forgotten-person.ts";
import { forgottenSnapshot } from "./cases/forgotten-snapshot.ts";
import { forwardOnly } from "./cases/forward-only.ts";
import { heldRows } from "./cases/held-rows.ts";
import { inDoubt } from "./cases/in-doubt.ts";
import { insertAndUpdate } from "./cases/insert-and-update.ts";
import { invalidValues } from "./cases/invalid-values.ts";
import { keys } from "./cases/keys.ts";
import { modelTrouble } from "./cases/model-trouble.ts";
import { movedRecords } from "./cases/moved-records.ts";
import { onlyChanges } from "./cases/only-changes.ts";
import { partialAcceptance } from "./cases/partial-acceptance.ts";
import { planFile } from "./cases/plan-file.ts";
import { refusedRows } from "./cases/refused-rows.ts";
import { rekeyedRows } from "./cases/rekeyed-rows.ts";
import { removedRows } from "./cases/removed-rows.ts";
import { resentRows } from "./cases/resent-rows.ts";
import { restoredSnapshot } from "./cases/restored-snapshot.ts";
import { staleWorker } from "./cases/stale-worker.ts";
import { storyOfCycles } from "./cases/story-of-cycles.ts";
import { suppressedRows } from "./cases/suppressed-rows.ts";
import type { Case, Subject } from "./subject.ts";

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "only changes": onlyChanges,
  keys,
  "changed types": changedTypes,
  "invalid values": invalidValues,
  "blank and null": blankAndNull,
  "adopted rows": adoptedRows,
  "moved records": movedRecords,
  "duplicate match": duplicateMatch,
  "removed rows": removedRows,
  "in doubt": inDoubt,
  "refused rows": refusedRows,
  "held rows": heldRows,
  "insert and update": insertAndUpdate,
  "partial acceptance": partialAcceptance,
  "stale worker": staleWorker,
  "plan file": planFile,
  "model trouble": modelTrouble,
  "resent rows": resentRows,
  "forward only": forwardOnly,
  "forgotten snapshot": forgottenSnapshot,
  "forgotten person": forgottenPerson,
  "rekeyed rows": rekeyedRows,
  "restored snapshot": restoredSnapshot,
  "suppressed rows": suppressedRows,
  "story of cycles": storyOfCycles,
};

/**
 * Decides what a planner is. `make` opens one with nothing in it; the cases of one group share it. `isLeftOut` is asked with
 * "group: title".
 */
export function plannerSuite(
  name: string,
  make: () => Promise<Subject>,
  isLeftOut: (name: string) => boolean = () => false,
): void {
  describe(`${name} is a planner`, () => {
    for (const [group, all] of Object.entries(CASES)) {
      const cases = all.filter(({ title }) => !isLeftOut(`${group}: ${title}`));
      if (cases.length === 0) continue;
      describe(group, () => {
        let subject: Subject;
        beforeAll(async () => {
          subject = await make();
        });
        afterAll(() => subject.close());
        for (const { title, run } of cases) test(title, { timeout: 120_000 }, () => run(subject));
      });
    }
  });
}
