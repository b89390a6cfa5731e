import type { FieldType } from "../contract/value.ts";
import { canonicalBoolean, canonicalDate, canonicalTimestamp, setMembers } from "./canonical.ts";
import { sameNumber } from "./decimal.ts";

/** Whether two canonical texts mean the same value of a field of this type: 1 and 1.00, a set in another order. */
export function sameValue(type: FieldType, left: string | null, right: string | null): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  switch (type) {
    case "number":
      return sameNumber(left, right);
    case "boolean":
      return same(canonicalBoolean, left, right);
    case "date":
      return same(canonicalDate, left, right);
    case "timestamp":
      return same(canonicalTimestamp, left, right);
    case "set":
      return sameMembers(setMembers(left), setMembers(right));
    default:
      return false;
  }
}

function same(read: (text: string) => string | null, left: string, right: string): boolean {
  const value = read(left);
  return value !== null && value === read(right);
}

function sameMembers(left: readonly string[], right: readonly string[]): boolean {
  const members = new Set(left);
  return members.size === new Set(right).size && right.every((member) => members.has(member));
}
