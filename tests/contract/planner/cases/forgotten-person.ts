// Proves that one person can be taken out of snapshot and plans, with everybody else and every count as before (S27).
import { expect } from "vitest";
import type { PersonTraits } from "../../../../src/contract/planner.ts";
import { type Case, rowsSql } from "../subject.ts";
import { syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", name: "text" };
const people = (...rows: (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);
const SPEC = { match: [{ email: "email" }], matchForm: "lower", fields: { email: {}, name: {} } } as const;
const A = ["1", "Ann@x.example", "bob@x.example"];
const B = ["2", "bob@x.example", "Bob"];
const C = ["3", "joann@x.example", "Jo"];
const traits = (part: Partial<PersonTraits>): PersonTraits => ({ keys: [], values: [], fields: ["email"], ...part });

export const forgottenPerson: readonly Case[] = [
  {
    title: "a person is found by key, or by a match value in any case, and by no field that is not asked for",
    run: async (subject) => {
      const sync = syncOn(subject, SPEC);
      await sync.run(people(A, B, C));
      const found = async (part: Partial<PersonTraits>) =>
        (await subject.planner.findPerson(sync.name, traits(part))).map(({ key }) => key);
      expect(await found({ keys: ["2", "9"] })).toEqual(["2"]);
      expect(await found({ values: [" ANN@x.example"] })).toEqual(["1"]);
      expect(await found({ values: ["bob@x.example"] })).toEqual(["2"]);
      expect(await found({ values: ["bob@x.example"], fields: null })).toEqual(["1", "2"]);
      expect(await found({ values: ["nn@x.example"] })).toEqual([]);
      const [row] = await subject.planner.findPerson(sync.name, traits({ keys: ["1"] }));
      expect(row).toMatchObject({ remoteId: "R-1", origin: "created", values: ["Ann@x.example"] });
    },
  },
  {
    title: "a blanked plan has the same rows under the same numbers, the sum that was told, and nothing of the person",
    run: async (subject) => {
      const { planner } = subject;
      const sync = syncOn(subject, SPEC);
      const { file, rows } = await sync.run(people(A, B, ["3", "c@x.example", "with ann@x.example"], ["4", "", "n"]));
      const ann = traits({ values: ["ann@x.example"] });
      expect(await planner.findInPlan(file.path, ann)).toEqual({ rows: 2, keys: ["1"], values: ["ann@x.example"] });
      const ranges = [{ fromSeq: 0, toSeq: 9 }];
      const counts = await planner.countPlan(file.path, ranges);
      let told = "";
      const blanked = await planner.blankPlan(file.path, { ...ann, keys: ["1"] }, "forgotten", async (sha256) => {
        told = sha256;
        expect(await planner.planSha(file.path), "told before the file has it").toBe(file.sha256);
      });
      expect(blanked).toBe(2);
      expect(await planner.planSha(file.path)).toBe(told);
      expect(await planner.countPlan(file.path, ranges)).toEqual(counts);
      const after = await planner.readPlan(file.path, 0, 9);
      expect(after.map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq));
      expect(after.filter(({ key }) => key === "2")).toEqual(rows.filter(({ key }) => key === "2"));
      const gone = { key: "forgotten", hash: null, remoteId: null, match: [], fields: {}, payload: {}, before: {} };
      expect(after.filter(({ key }) => key !== "2")).toMatchObject([gone, gone]);
      expect(await planner.blankPlan(file.path, { ...ann, keys: ["1"] }, "forgotten", async () => undefined)).toBe(0);
    },
  },
  {
    title:
      "forgotten rows are gone from the snapshot, the others stay; a worker whose lease another took forgets nobody (S26)",
    run: async (subject) => {
      const sync = syncOn(subject, SPEC);
      await sync.run(people(A, B, C), { epoch: 3 });
      const at = { sync: sync.name, epoch: 2 };
      await expect(subject.planner.forgetRows(at, ["1"])).rejects.toMatchObject({ code: "LEASE_LOST" });
      expect(await subject.planner.forgetRows({ ...at, epoch: 3 }, ["1", "9"])).toBe(1);
      expect(await sync.entry("1")).toBeNull();
      const planned = await sync.plan(people(B, C), { epoch: 3, commit: false });
      expect(planned.rows, "nothing is removed for it").toEqual([]);
    },
  },
  {
    title: "a file that was written anew holds what the old one held, and the planner that wrote it is closed",
    run: async (subject) => {
      const sync = syncOn(subject, SPEC);
      await sync.run(people(A, B, C));
      const before = await subject.dump();
      await subject.planner.rewriteAndClose();
      await subject.planner.close();
      await subject.restart();
      expect(await subject.dump()).toBe(before);
      expect((await sync.run(people(A, B, C))).rows).toEqual([]);
    },
  },
];
