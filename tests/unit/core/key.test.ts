// Proves that keys survive the way from a person to the snapshot and back.
import fc from "fast-check";
import { expect, it } from "vitest";
import { keyFamily, keyForPeople, keyFromInput } from "../../../src/core/key.ts";

it.each([
  ["17", 1, "17"],
  ["[1]", 1, "[1]"],
  ["17,DE", 2, '["17","DE"]'],
  [" 17 , DE ", 2, '["17","DE"]'],
  ['["17","D,E"]', 2, '["17","D,E"]'],
  ["[17,1]", 2, '["17","1"]'],
  ["[broken,DE", 2, '["[broken","DE"]'],
] as const)("%s of %i parts is %s", (input, parts, key) => {
  expect(keyFromInput(input, parts)).toBe(key);
});

it("what a person reads leads back to the same key, where no part holds a comma or edge blanks", () => {
  const part = fc.string({ minLength: 1 }).filter((text) => !/[,[]/.test(text) && text.trim() === text);
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 4 }), (parts) => {
      const key = JSON.stringify(parts);
      expect(keyFromInput(keyForPeople(key, parts.length), parts.length)).toBe(key);
      expect(keyFromInput(key, parts.length)).toBe(key);
    }),
  );
});

it.each([
  ["integer", "number"],
  ["decimal", "number"],
  ["float", "number"],
  ["text", "text"],
  ["timestamp", "timestamp"],
] as const)("%s keys are %s (S1)", (type, family) => {
  expect(keyFamily({ name: "id", type, nativeType: "", zoned: false, isList: false })).toBe(family);
});
