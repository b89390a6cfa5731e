// Proves that a misspelt name finds the one that was meant, and that a strange one finds none.
import { describe, expect, it } from "vitest";
import { hint, suggest } from "../../../src/core/suggest.ts";

describe("suggest", () => {
  it.each([
    ["maping", ["model", "mapping", "match"], "mapping"],
    ["feilds", ["fields", "field_list"], "fields"],
    ["Primary-Key", ["primary_key"], "primary_key"],
    ["custmers", ["orders", "customers"], "customers"],
    ["zebra", ["customers"], null],
    ["a", ["b_very_long"], null],
    ["", ["x"], null],
    ["x".repeat(1000), ["x"], null],
  ])("%s among %j is %s", (word, candidates, wanted) => {
    expect(suggest(word, candidates)).toBe(wanted);
  });
});

describe("hint", () => {
  it("suggests, else lists, else says that there are none", () => {
    expect(hint("peple", ["people"], "models")).toBe('did you mean "people"?');
    expect(hint("zzz", ["b", "a"], "models")).toBe("models: a, b");
    expect(hint("zzz", [], "models")).toBe("there are no models");
  });

  it("does not list hundreds", () => {
    const names = Array.from({ length: 300 }, (_, index) => `name_${index}`);
    expect(hint("?", names, "syncs")).toMatch(/… \(288 more\)$/);
  });
});
