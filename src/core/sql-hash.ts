import { createHash } from "node:crypto";
import type { Model, Project, Sync } from "../contract/project.ts";

/**
 * SHA-256, hex, of the queries that decide which rows a sync sends: its model's, and that of the people who are never sent. Words
 * for people in the head of a model do not count, nor do the lines that it takes.
 */
export function sqlHash(models: Project["models"], sync: Pick<Sync, "model" | "suppress">): string {
  const names = sync.suppress === null ? [sync.model] : [sync.model, sync.suppress];
  const decisive = names.map((name) => decisiveOf(models.get(name)));
  return createHash("sha256").update(JSON.stringify(decisive)).digest("hex");
}

function decisiveOf(model: Model | undefined): unknown {
  return model === undefined ? null : [model.connection, model.primaryKey, model.timezone, model.sql.trim()];
}
