import { type Path, problem } from "./problem.ts";
import type { Work } from "./resolve-sync.ts";

/** Says of every key that later versions fill that it does nothing yet. */
export function refuseNotYet(work: Work): void {
  const { merged, place } = work.layers;
  const refuse = (path: Path, what: string, fix: string, part: "key" | "value" = "value") =>
    work.problems.push(problem(place(path, part), "NOT_YET_AVAILABLE", `${what} is not yet available`, fix));
  if (typeof merged.model === "object")
    refuse(["model"], "a table as model", "write a model file: select … from the table");
  else if (merged.model !== undefined && /^(dbt|identity)\./.test(merged.model)) {
    refuse(["model"], `the model "${merged.model}"`, "write a model file that selects from the table behind it");
  }
  if (merged.write === "append") refuse(["write"], "write: append", "use upsert, update or insert");
  for (const [field, setting] of Object.entries(merged.fields ?? {})) {
    if (typeof setting === "object" && "lookup" in setting) {
      refuse(["fields", field, "lookup"], "lookup", "join the id in the model's SQL and map the column", "key");
    }
  }
  if (merged.recheck_unmatched !== undefined && !["24h", "1d"].includes(merged.recheck_unmatched)) {
    refuse(["recheck_unmatched"], "recheck_unmatched other than 24h", "remove it");
  }
}
