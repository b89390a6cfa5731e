// Proves that a key is shown in a form that `sluice why` takes back, whatever its parts hold.
import { expect, it } from "vitest";
import { keyFromInput } from "../../../src/core/key.ts";
import { keyText, shownKey } from "../../../src/core/key-text.ts";

const KEYS: [key: string, parts: number, text: string][] = [
  ["17", 1, "17"],
  ["a,b", 1, "a,b"],
  ["[1", 1, "[1"],
  ['["17","DE"]', 2, "17,DE"],
  ['["a,b","c"]', 2, '["a,b","c"]'],
  ['[" 1","2"]', 2, '[" 1","2"]'],
  ['["[1","2"]', 2, "[1,2"],
];

it.each(KEYS)("%s of %i parts", (key, parts, text) => {
  expect(keyText(key, parts)).toBe(text);
  expect(keyFromInput(text, parts)).toBe(key);
});

it("leaves a key of a former model as it is", () => {
  expect(keyText("seventeen", 2)).toBe("seventeen");
});

it("quotes for a shell, and shows no control characters", () => {
  expect(shownKey('["a,b","it\'s"]', 2)).toBe(`'["a,b","it'\\''s"]'`);
  expect(shownKey("a\u001b[31m", 1)).toBe("'a\ufffd[31m'");
  expect(shownKey("", 1)).toBe("''");
  expect(shownKey("Zoé", 1)).toBe("Zoé");
});
