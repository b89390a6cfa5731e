// Proves that people who are never to be sent are not, by key or match value, and that nothing of theirs is removed for it (S17, S27).
import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { PlanRequest, SuppressList } from "../../../../src/contract/planner.ts";
import type { Forgotten } from "../../../../src/contract/state.ts";
import { type Case, rowsSql, type Subject } from "../subject.ts";
import { invalid, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", name: "text" };
const people = (...rows: (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);
const SPEC = {
  match: [{ email: "email" }],
  matchForm: "lower",
  fields: { email: {}, name: {} },
  onRemoved: { kind: "archive" },
} as const;
const A = ["1", "a@x.example", "A"];
const B = ["2", "b@x.example", "B"];
const C = ["3", "c@x.example", "C"];

async function listOf(subject: Subject, sql: string, by: "id" | "email" | "both"): Promise<SuppressList> {
  const columns = await subject.columns(sql);
  const column = (name: string) => columns.filter((one) => one.name === name);
  const match = column("email").map((one) => ({ field: "email", column: one, matchForm: "lower" as const }));
  return { sql, key: by === "email" ? null : column("id"), match: [by === "id" ? null : match] };
}

const suppressing = (list: SuppressList): PlanRequest["suppress"] => ({ list, forgotten: [] });
const forgetting = (...traits: [trait: Forgotten["trait"], text: string][]): PlanRequest["suppress"] => ({
  list: null,
  forgotten: traits.map(([trait, text]) => ({
    ...{ sync: null, trait, salt: "grain", at: 0 },
    hash: createHash("sha256").update(`grain${text}`).digest("hex"),
  })),
});

export const suppressedRows: readonly Case[] = [
  {
    title: "a row is suppressed by its key or by a match value in the destination's form, and counts as unchanged",
    run: async (subject) => {
      const byKey = await listOf(subject, rowsSql({ id: "text" }, [["1"], [null]]), "id");
      const byMail = await listOf(subject, rowsSql({ email: "text" }, [[" A@X.example "], [null]]), "email");
      for (const list of [byKey, byMail]) {
        const { facts, rows, unlinked } = await syncOn(subject, SPEC).plan(people(A, B), {
          suppress: suppressing(list),
        });
        expect(rows.map(({ key }) => key)).toEqual(["2"]);
        expect(
          unlinked.map(({ key }) => key),
          "nobody looks for the record of a suppressed row",
        ).toEqual(["2"]);
        expect(facts).toMatchObject({ suppressed: 1, counts: { read: 2, unchanged: 1, added: 1, invalid: 0 } });
      }
    },
  },
  {
    title: "a linked row that becomes suppressed is neither written nor removed, and goes on when it no longer is",
    run: async (subject) => {
      const sync = syncOn(subject, SPEC);
      await sync.run(people(A, B));
      const suppress = suppressing(await listOf(subject, rowsSql({ id: "bigint" }, [["1"]]), "id"));
      const changed = people(["1", "a@x.example", "changed"], B);
      const during = await sync.run(changed, { suppress });
      expect(during.rows).toEqual([]);
      expect(during.facts).toMatchObject({ suppressed: 1, counts: { removed: 0, unchanged: 2, changed: 0 } });
      expect(await sync.entry("1")).toMatchObject({ remoteId: "R-1", payload: { name: "A" }, absentSince: null });
      const resent = await sync.plan(changed, { suppress, resend: true, commit: false });
      expect(
        resent.rows.map(({ key }) => key),
        "nor is it sent again with all others",
      ).toEqual(["2"]);
      const after = await sync.run(changed);
      expect(after.rows.map(({ key, fields }) => [key, fields])).toEqual([["1", { name: "changed" }]]);
    },
  },
  {
    title: "what is wrong with a suppressed row is nobody's business: it is not invalid, and its refusal is over",
    run: async (subject) => {
      const sync = syncOn(subject, { ...SPEC, fields: { ...SPEC.fields, name: { maxLength: 3 } } });
      const list = await listOf(subject, rowsSql({ email: "text" }, [["a@x.example"]]), "email");
      const rows = people(["1", "a@x.example", "too long"], ["1", "other@x.example", "B"], C);
      const planned = await sync.plan(rows, { suppress: suppressing(list) });
      expect(invalid(planned)).toEqual([]);
      expect(planned.rows.map(({ key }) => key)).toEqual(["3"]);
      expect(planned.facts).toMatchObject({ suppressed: 2, counts: { read: 3, unchanged: 2 } });
    },
  },
  {
    title: "a newcomer that shares the match value of somebody suppressed by key is not sent into that record",
    run: async (subject) => {
      const sync = syncOn(subject, SPEC);
      await sync.run(people(A));
      const suppress = suppressing(await listOf(subject, rowsSql({ id: "bigint" }, [["1"]]), "id"));
      const planned = await sync.plan(people(A, ["9", "A@x.example", "another"]), { suppress });
      expect(planned.rows).toEqual([]);
      expect(invalid(planned)).toEqual([["DUPLICATE_MATCH_KEY", "email", 1]]);
    },
  },
  {
    title: "a person who was forgotten is suppressed by the hash of key or match value, whatever the warehouse says",
    run: async (subject) => {
      const traits: [Forgotten["trait"], string][] = [
        ["key", "1"],
        ["lower", "a@x.example"],
      ];
      for (const trait of traits) {
        const suppress = forgetting(trait, ["exact", "B@x.example"]);
        const planned = await syncOn(subject, SPEC).plan(people(["1", "A@X.example", "A"], B), { suppress });
        expect(planned.rows.map(({ key }) => key)).toEqual(["2"]);
        expect(planned.facts.suppressed).toBe(1);
      }
    },
  },
];
