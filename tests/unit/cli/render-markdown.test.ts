// Proves that the table for pull requests has every number, and that no hostile name gets out of its cell.
import { describe, expect, it } from "vitest";
import { failedRow, type MarkdownRow, planMarkdown } from "../../../src/cli/render-markdown.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { aSync } from "../delivery/samples.ts";

const row = (patch: Partial<MarkdownRow> = {}): MarkdownRow => ({
  sync: "people",
  numbers: { added: 1_500, changed: 2, removed: 3, creates: { rows: 1_400, isExact: true }, calls: 21 },
  held: [],
  problems: [],
  ...patch,
});

describe("planMarkdown", () => {
  it("has one line a sync, and says that nothing was sent", () => {
    const fault = new Fault("MODEL_FAILED", "Conversion Error: Could not convert string 'ada@example.com' to INT32");
    const numbers = { ...row().numbers, creates: { rows: 7, isExact: false } } as NonNullable<MarkdownRow["numbers"]>;
    expect(
      planMarkdown([
        row(),
        row({ sync: "held", numbers, held: ["created: 1,400 of 1,500, limit 1000"], problems: ["2 × BAD email"] }),
        failedRow({ sync: aSync({ name: "broken" }), fault }),
      ]),
    ).toBe(`### What a run would send

| Sync | Added | Changed | Removed | Creates | Calls | Held by guards | Problems |
| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |
| \`people\` | 1,500 | 2 | 3 | 1,400 | 21 |  |  |
| \`held\` | 1,500 | 2 | 3 | up to 7 | 21 | \`created: 1,400 of 1,500, limit 1000\` | \`2 × BAD email\` |
| \`broken\` | – | – | – | – | – |  | \`MODEL_FAILED: Conversion Error: Could not convert string '…' to INT32\` |

Syncs: 2 planned, 1 held, 1 could not be planned. Nothing was sent.`);
  });

  it("says so where no sync is meant", () => {
    expect(planMarkdown([])).toContain("Nothing: no sync is meant.");
  });

  it.each([
    "a | b",
    "a \\| b",
    "\\",
    "a` | <img src=x onerror=y> | `b",
    "``` \n\n# heading\n| x |",
    "@somebody #1 https://evil.example [a](b) ![c](d)",
    "\u202eabc\u0000\u0085",
    "x".repeat(5_000),
    "",
  ])("keeps a hostile text in its cell: %j", (text) => {
    const lines = planMarkdown([row({ held: [text], problems: [text, text] })]).split("\n");
    expect(lines).toHaveLength(7);
    const line = lines[4] ?? "";
    expect(line.split("|")).toHaveLength(10);
    // All of it is code, which ends where it is meant to.
    expect(line.replaceAll(/`[^`]*`/g, "")).toMatch(/^[|\d, <br>]*$/);
    expect(line.length).toBeLessThan(1_000);
    expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it("lists a few of many", () => {
    expect(planMarkdown([row({ problems: ["a", "b", "c", "d", "e", "f", "g"] })])).toContain("`e`<br>and 2 more");
  });
});
