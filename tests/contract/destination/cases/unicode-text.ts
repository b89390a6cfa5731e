import { expect } from "vitest";
import { type Case, idsOf, keyed, quiet, upsert, valuesOf } from "../subject.ts";

/** Accents, both forms of é, a family of five code points, right to left, quotes, control-like and long text. */
const TEXTS = [
  "Zoë Ångström-Çelik",
  "\u00e9 e\u0301",
  "👩‍👩‍👧‍👦 🇩🇪",
  "שלום عالم",
  `"quoted" 'single' \\back\\ <b>&amp;</b> {{x}} ;,\t|`,
  "two\nlines",
  "+49 (0)30 1234-567",
  "=1+1",
  "x".repeat(5_000),
];

export const unicodeText: readonly Case[] = [
  {
    title: "text travels byte for byte, there and back",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      const reply = await upsert(
        subject,
        TEXTS.map((text, row) => keyed(subject, `K${row}`, { [fields.longText]: text })),
      );
      expect(
        reply.outcomes.filter((outcome) => outcome.kind === "applied" && outcome.altered.length === 0),
      ).toHaveLength(TEXTS.length);
      expect(await valuesOf(subject, fields.longText)).toEqual([...TEXTS].sort());
      const ids = idsOf(reply);
      const { found } = await destination.find(
        { object, by: "recordId", values: ids, fields: [fields.longText] },
        quiet,
      );
      expect(ids.map((id) => found.get(id)?.[0]?.fields[fields.longText])).toEqual(TEXTS);
    },
  },
];
