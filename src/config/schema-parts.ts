import { z } from "zod";

/** Names of models, syncs, connections, environments and vars: they travel through commands, URLs and file names. */
export const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;
export const NAME_RULE = "use letters, digits, _ and -, and begin with no -";

export const nameText = z.string().regex(NAME, NAME_RULE);
export const filledText = z.string().min(1);
export const constantValue = z.union([z.string(), z.number(), z.boolean()]);
export const tagList = z.array(nameText).meta({ description: "Labels for --select tag:NAME." });
export const descriptionText = z.string().meta({ description: "What this is, for people." });
export const ownerText = z.string().meta({ description: "Who answers for it: a name or an address." });
export const freeMap = z
  .record(z.string(), z.unknown())
  .meta({ description: "Anything you like; Sluice does not read it." });

function isTimezone(zone: string): boolean {
  try {
    // Offsets such as +02:00 know no summer time: names only.
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return /^[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
}

export const timezoneName = z
  .string()
  .refine(isTimezone, "must be the name of a time zone, such as Europe/Berlin or UTC");

const SHARE_RULE = "must be a share from 0% to 100%, such as 5% or 0.5%";
/** `5%`, `0.5%`. */
export const sharePercent = z.string(SHARE_RULE).regex(/^(100(\.0+)?|\d{1,2}(\.\d+)?)%$/, SHARE_RULE);

const DURATION_RULE = "must be a length of time, such as 90s, 15m, 24h or 7d";
/** `90s`, `15m`, `24h`, `7d`. */
export const duration = z.string(DURATION_RULE).regex(/^[1-9]\d{0,5}[smhd]$/, DURATION_RULE);

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Of a text that `duration` has taken. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * (UNIT_MS[text.slice(-1)] ?? 0);
}

/** A key that is decided but does nothing in this version: reading it ends in a problem, never in silence. */
export function notYet(description: string) {
  return z.unknown().meta({ description: `Not yet available. ${description}` });
}
