import { randomInt } from "node:crypto";
import type { VendorName } from "../bench/vendors.ts";
import type { WayName } from "./round.ts";
import type { WriteName } from "./targets.ts";

export const USAGE = `npm run crash -- --kills N [--by run|serve] [--to hubspot|salesforce] [--write upsert|insert] [--seed S] [--minutes M] [--keep]
  kills \`sluice run\` and \`sluice serve\` N times, at points and at random moments, and compares the sandboxes with the model after each restart
`;

export type CrashOptions = {
  readonly kills: number;
  /** Whose processes die; rounds take turns. */
  readonly by: readonly WayName[];
  readonly to: readonly VendorName[];
  readonly write: readonly WriteName[];
  readonly seed: number;
  readonly minutes: number;
  readonly keep: boolean;
};

/** Null where the arguments are not understood. */
export function crashOptions(args: readonly string[]): CrashOptions | null {
  let options: CrashOptions = {
    kills: 60,
    by: ["run", "serve"],
    to: ["hubspot", "salesforce"],
    write: ["upsert", "insert"],
    seed: randomInt(1, 1_000_000),
    minutes: 40,
    keep: false,
  };
  for (let index = 0; index < args.length; index++) {
    const name = args[index];
    if (name === "--keep") {
      options = { ...options, keep: true };
      continue;
    }
    const value = args[++index] ?? "";
    const number = /^\d+$/.test(value) && Number(value) > 0 ? Number(value) : null;
    if (name === "--kills" && number !== null) options = { ...options, kills: number };
    else if (name === "--seed" && number !== null) options = { ...options, seed: number };
    else if (name === "--minutes" && number !== null) options = { ...options, minutes: number };
    else if (name === "--by" && (value === "run" || value === "serve")) options = { ...options, by: [value] };
    else if (name === "--to" && (value === "hubspot" || value === "salesforce")) options = { ...options, to: [value] };
    else if (name === "--write" && (value === "upsert" || value === "insert")) options = { ...options, write: [value] };
    else return null;
  }
  return options;
}
