import type { Hold } from "../contract/state.ts";
import { isoTime } from "../core/run-json.ts";

export function holdJson(hold: Hold) {
  return {
    sync: hold.sync,
    run: hold.run,
    guards: hold.guards,
    held_at: isoTime(hold.heldAt),
    approved_at: isoTime(hold.approvedAt),
    approved_by: hold.approvedBy,
    until: isoTime(hold.until),
  };
}

export function holdLine(hold: Hold): string {
  const what = `${hold.sync}  run ${hold.run}: ${hold.guards.join(", ")}`;
  if (hold.approvedAt !== null) return `${what}; approved by ${hold.approvedBy} until ${isoTime(hold.until)}`;
  return `${what}; held since ${isoTime(hold.heldAt)}, \`sluice approve ${hold.run}\` releases it`;
}
