import type { Random } from "../contract/clock.ts";

/** Crockford's base32, lower case: in ASCII order, without letters that look like digits. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 8;

/** 18 characters that sort by time of start: 50 bits of ms since the epoch, then 40 random bits. */
export function newRunId(nowMs: number, random: Random): string {
  let time = "";
  for (let rest = Math.floor(nowMs), i = 0; i < TIME_DIGITS; i++) {
    time = digit(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return time + Array.from({ length: RANDOM_DIGITS }, () => digit(Math.floor(random() * 32))).join("");
}

function digit(value: number): string {
  return DIGITS.charAt(value);
}
