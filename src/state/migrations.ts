import type { Knex } from "knex";

/** Forward only: a migration that was released is never edited. Its version is its place in the list, from 1. */
export const MIGRATIONS: readonly ((trx: Knex.Transaction) => Promise<void>)[] = [createTables, survive, serve, insist];

/** The version of the tables as this program makes them. */
export const STATE_SCHEMA = MIGRATIONS.length;

/** Rows of every table name their sync by name; times are ms since the epoch; JSON is text. */
async function createTables(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable("sync", (table) => {
    table.text("name").primary();
    for (const name of ["account", "object", "model", "config_hash"]) table.text(name).notNullable();
    table.bigInteger("generation").notNullable();
  });
  await trx.schema.createTable("lease", (table) => {
    table.text("sync").primary();
    table.bigInteger("epoch").notNullable();
    table.text("holder").notNullable();
    table.bigInteger("until").notNullable();
  });
  await createRunTables(trx);
  await trx.schema.createTable("reject", (table) => {
    table.text("sync").notNullable();
    table.text("key").notNullable();
    for (const name of ["operation", "run", "code", "message"]) table.text(name).notNullable();
    table.text("field");
    table.text("hash");
    table.integer("attempts").notNullable();
    table.bigInteger("next_try_at");
    table.primary(["sync", "key"]);
  });
  await trx.schema.createTable("hold", (table) => {
    table.text("id").primary();
    table.text("sync").notNullable().index();
    table.text("run").notNullable();
    table.text("guards").notNullable();
    table.bigInteger("held_at").notNullable();
    table.bigInteger("approved_at");
    table.text("approved_by");
    table.bigInteger("until");
  });
  await createAccountTables(trx);
}

async function createRunTables(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable("run", (table) => {
    table.text("id").primary();
    for (const name of ["sync", "model", "state", "trigger", "config_hash", "operations", "guards"]) {
      table.text(name).notNullable();
    }
    for (const name of ["reason", "code", "counts", "plan_sha256"]) table.text(name);
    for (const name of RUN_NUMBERS) table.bigInteger(name).notNullable();
    table.bigInteger("started_at").notNullable();
    table.bigInteger("ended_at");
    table.index(["sync", "id"]);
  });
  await trx.schema.createTable("batch", (table) => {
    table.text("run").notNullable().references("run.id").onDelete("cascade");
    table.bigInteger("from_seq").notNullable();
    table.bigInteger("to_seq").notNullable();
    table.text("state").notNullable();
    table.integer("attempt").notNullable();
    table.text("acks");
    table.primary(["run", "from_seq"]);
  });
  await trx.schema.createTable("note", (table) => {
    table.text("run").notNullable().references("run.id").onDelete("cascade");
    table.bigInteger("seq").notNullable();
    for (const name of ["key", "operation", "state"]) table.text(name).notNullable();
    for (const name of ["code", "field", "message"]) table.text(name);
    table.primary(["run", "seq"]);
  });
}

const RUN_NUMBERS = [
  "plan_rows",
  "new_invalid",
  "new_rejected",
  "linked",
  "created",
  "adopted",
  "calls",
  "throttled",
  "waited_ms",
  "bytes_out",
  "peak_rss_bytes",
];

async function createAccountTables(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable("alias", (table) => {
    for (const name of ["account", "object", "old_id", "new_id", "reason"]) table.text(name).notNullable();
    table.bigInteger("at").notNullable();
    table.primary(["account", "object", "old_id"]);
  });
  await trx.schema.createTable("budget", (table) => {
    table.text("account").primary();
    table.integer("window_max");
    table.bigInteger("window_ms");
    table.bigInteger("blocked_until").notNullable();
  });
  await trx.schema.createTable("audit", (table) => {
    table.increments("id");
    table.bigInteger("at").notNullable();
    for (const name of ["who", "act", "detail"]) table.text(name).notNullable();
    for (const name of ["sync", "run"]) table.text(name);
  });
  await trx.schema.createTable("setting", (table) => {
    table.text("name").primary();
    table.text("value").notNullable();
  });
}

/** Runs that are taken up again, holds that are for one account, syncs that die again and again, budgets that outlive a process. */
async function survive(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable("run", (table) => {
    table.text("account");
    table.bigInteger("resumes").notNullable().defaultTo(0);
    table.bigInteger("resume_at");
  });
  await trx.schema.alterTable("hold", (table) => {
    table.text("account");
  });
  await trx.schema.createTable("deaths", (table) => {
    table.text("sync").primary();
    table.integer("count").notNullable();
    table.text("run").notNullable();
    table.bigInteger("answered").notNullable();
  });
  await trx.schema.createTable("restoration", (table) => {
    table.text("sync").primary();
    table.bigInteger("backup_at").notNullable();
    table.bigInteger("restored_at").notNullable();
  });
  await trx.schema.createTable("budget_share", (table) => {
    table.text("account").notNullable();
    table.text("caller").notNullable();
    table.bigInteger("until").notNullable();
    table.primary(["account", "caller"]);
  });
  await trx.schema.alterTable("budget", (table) => {
    table.bigInteger("used");
    table.bigInteger("used_at");
  });
  await trx.schema.createTable("forgotten", (table) => {
    for (const name of ["hash", "trait", "salt"]) table.text(name).notNullable();
    table.text("sync");
    table.bigInteger("at").notNullable();
    table.index("sync");
  });
}

/** What a service keeps: requested runs, rings, schedules, tokens, messages it has seen. */
async function serve(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable("run", (table) => {
    table.text("action").notNullable().defaultTo("run");
    table.text("forecast");
    table.index("state");
  });
  await trx.schema.createTable("ask", (table) => {
    table.text("run").primary().references("run.id").onDelete("cascade");
    table.boolean("approve").notNullable();
    table.text("who").notNullable();
  });
  await trx.schema.createTable("idempotency", (table) => {
    for (const name of ["caller", "key", "request", "run"]) table.text(name).notNullable();
    table.bigInteger("at").notNullable().index();
    table.primary(["caller", "key"]);
  });
  await trx.schema.createTable("ring", (table) => {
    table.text("key").primary();
    for (const name of ["due_at", "plan_at", "taken_due", "taken_until"]) table.bigInteger(name);
    table.text("ticket");
  });
  await trx.schema.createTable("schedule", (table) => {
    table.text("sync").primary();
    table.text("spec").notNullable();
    table.boolean("paused").notNullable();
    for (const name of ["paused_by", "passed", "announced"]) table.text(name);
    for (const name of ["fired_at", "next_at"]) table.bigInteger(name);
    table.text("arrived").notNullable();
  });
  await trx.schema.createTable("token", (table) => {
    table.text("id").primary();
    for (const name of ["name", "sha256", "scopes"]) table.text(name).notNullable();
    table.text("syncs");
    table.bigInteger("created_at").notNullable();
    for (const name of ["expires_at", "revoked_at", "used_at"]) table.bigInteger(name);
    table.unique(["sha256"]);
  });
  await trx.schema.createTable("seen", (table) => {
    for (const name of ["source", "id"]) table.text(name).notNullable();
    table.bigInteger("at").notNullable().index();
    table.primary(["source", "id"]);
  });
}

/** Which queries a sync had when it ran last, and whether whoever asked for a run insists. */
async function insist(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable("sync", (table) => {
    table.text("sql_hash");
  });
  await trx.schema.alterTable("ask", (table) => {
    table.boolean("insists").notNullable().defaultTo(false);
  });
}
