import { GUARDS, type GuardLimit, type GuardName, type Guards } from "../contract/project.ts";
import type { SyncFile } from "./sync-schema.ts";

const limit = (parts: Partial<GuardLimit>): GuardLimit => ({ rows: null, share: null, max: null, ...parts });

/** The limits of semantics.md S22. */
export const DEFAULT_GUARDS: Readonly<Record<GuardName, GuardLimit>> = {
  removed: limit({ rows: 5, share: 0.05, max: 500 }),
  empty: limit({ rows: 0 }),
  changed: limit({ rows: 500, share: 0.3 }),
  cleared: limit({ rows: 20, share: 0.02 }),
  created: limit({ max: 1000 }),
  failed: limit({ rows: 200, share: 0.2 }),
};

type GuardSetting = Exclude<Extract<NonNullable<SyncFile["guards"]>, object>[GuardName], undefined>;

/** `5%` or 0.05. */
export function shareOf(value: string | number): number {
  return typeof value === "number" ? value : Number(value.slice(0, -1)) / 100;
}

/**
 * A number holds above it, whatever the share. A share keeps the default floor of rows and drops the default maximum.
 * A map changes only the parts it names.
 */
function resolveGuard(name: GuardName, setting: GuardSetting): GuardLimit | null {
  const standard = DEFAULT_GUARDS[name];
  if (setting === "off") return null;
  if (typeof setting === "number") return name === "empty" ? limit({ rows: setting }) : limit({ max: setting });
  if (typeof setting === "string") return { rows: standard.rows, share: shareOf(setting), max: null };
  const pick = (value: number | string | undefined, fallback: number | null) =>
    value === undefined ? fallback : value === "off" ? null : shareOf(value);
  return {
    rows: pick(setting.rows, standard.rows),
    share: pick(setting.share, standard.share),
    max: pick(setting.max, standard.max),
  };
}

export function resolveGuards(settings: SyncFile["guards"]): Guards {
  const entries = GUARDS.map((name): [GuardName, GuardLimit | null] => {
    if (settings === "off") return [name, null];
    const setting = settings?.[name];
    return [name, setting === undefined ? DEFAULT_GUARDS[name] : resolveGuard(name, setting)];
  });
  return Object.fromEntries(entries) as Guards;
}
