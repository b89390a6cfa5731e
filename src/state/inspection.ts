import type { StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";

const MOST_LINES = 20;

/** The database looks at itself, and gives a copy of itself away. */
export function inspectionMethods(database: Database): Pick<StateStore, "inspect" | "copyTo"> {
  return {
    inspect: (depth) =>
      database.read(async (db) => {
        const check = depth === "quick" ? "quick_check" : "integrity_check";
        const lines: Record<string, string>[] = await db.raw(`pragma ${check}(${MOST_LINES})`);
        const found = lines.map((line) => Object.values(line).join(" ")).filter((line) => line !== "ok");
        if (depth === "quick") return found;
        const orphans: { table: string; parent: string }[] = await db.raw("pragma foreign_key_check");
        const missing = new Map<string, number>();
        for (const { table, parent } of orphans) {
          const pair = `rows of "${table}" that name no row of "${parent}"`;
          missing.set(pair, (missing.get(pair) ?? 0) + 1);
        }
        return [...found, ...[...missing].map(([pair, count]) => `${count} ${pair}`)].slice(0, MOST_LINES);
      }),

    // Reads one moment's database, with what stands in the log, and writes it without the pages that nobody uses.
    copyTo: (path) =>
      database.read(async (db) => {
        await db.raw("vacuum into ?", [path]);
      }),
  };
}
