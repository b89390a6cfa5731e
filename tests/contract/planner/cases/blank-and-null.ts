import { expect } from "vitest";
import type { FieldMapping } from "../../../../src/contract/project.ts";
import { type Case, rowsSql } from "../subject.ts";
import { sent, syncOn } from "../sync.ts";

const model = (value: string | null) => rowsSql({ id: "bigint", value: "text", other: "text" }, [["1", value, "o"]]);

type Trial = {
  readonly onNull: FieldMapping["onNull"];
  readonly fresh: Record<string, unknown>;
  readonly cleared: Record<string, unknown> | null;
};

const TRIALS: readonly Trial[] = [
  { onNull: "clear_ours", fresh: { id: "1", other: "o" }, cleared: { value: null } },
  { onNull: "write", fresh: { id: "1", other: "o", value: null }, cleared: { value: null } },
  { onNull: "skip", fresh: { id: "1", other: "o" }, cleared: null },
];

const aTrial = ({ onNull, fresh, cleared }: Trial): Case => ({
  title: `on_null ${onNull}: for a new record, and where our own value was (S13)`,
  run: async (subject) => {
    const fields = { id: {}, value: { onNull }, other: {} };
    const never = syncOn(subject, { fields });
    expect(sent(await never.run(model(null)))).toEqual({ 1: fresh });
    expect((await never.run(model(null))).rows).toEqual([]);
    const ours = syncOn(subject, { fields });
    await ours.run(model("v"));
    const planned = await ours.run(model(null));
    expect(planned.rows[0]?.fields ?? null).toEqual(cleared);
    expect((await ours.run(model(null))).rows).toEqual([]);
    expect(sent(await ours.run(model("w")))).toEqual({ 1: { value: "w" } });
  },
});

export const blankAndNull: readonly Case[] = [
  ...TRIALS.map(aTrial),
  {
    title: "clear_ours leaves a field alone that we never filled, also on a linked record (S13)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, value: {}, other: {} } });
      await sync.run(model(null));
      const columns = { id: "bigint", value: "text", other: "text" };
      const planned = await sync.run(rowsSql(columns, [["1", null, "changed"]]));
      expect(sent(planned)).toEqual({ 1: { other: "changed" } });
    },
  },
  {
    title: "on_blank as_null: a blank is a null (S13)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, value: { onBlank: "as_null" }, other: {} } });
      await sync.run(model("v"));
      expect(sent(await sync.run(model("")))).toEqual({ 1: { value: null } });
      expect((await sync.run(model(null))).rows).toEqual([]);
    },
  },
  {
    title: "on_blank write: a blank is a value, and null is another (S13)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, value: { onBlank: "write" }, other: {} } });
      expect(sent(await sync.run(model("")))).toEqual({ 1: { id: "1", value: "", other: "o" } });
      expect((await sync.run(model(""))).rows).toEqual([]);
      expect(sent(await sync.run(model(null)))).toEqual({ 1: { value: null } });
    },
  },
  {
    title: "on_blank skip: a blank says nothing, null still clears (S13)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, value: { onBlank: "skip" }, other: {} } });
      await sync.run(model("v"));
      expect((await sync.run(model(""))).rows).toEqual([]);
      expect(sent(await sync.run(model(null)))).toEqual({ 1: { value: null } });
      const fresh = syncOn(subject, { fields: { id: {}, value: { onBlank: "skip" }, other: {} } });
      expect(sent(await fresh.run(model("")))).toEqual({ 1: { id: "1", other: "o" } });
    },
  },
  {
    title: "the guards count values that are cleared, by field (S22)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, value: {}, other: {} } });
      await sync.run(model("v"));
      expect([...(await sync.plan(model(null))).guards.cleared]).toEqual([["value", 1]]);
    },
  },
];
