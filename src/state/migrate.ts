import type { Knex } from "knex";
import { Fault } from "../contract/fault.ts";
import { corruptState } from "./database.ts";
import { MIGRATIONS } from "./migrations.ts";

/** The version of a database is the highest one in its table `schema_version`; null where there are no tables at all. */
async function versionOf(db: Knex, file: string): Promise<number | null> {
  if (!(await db.schema.hasTable("schema_version"))) {
    if (await db.schema.hasTable("run")) throw corruptState(file, "it has tables but no schema version");
    return null;
  }
  const rows: { version: number }[] = await db("schema_version").orderBy("version", "desc").limit(1);
  if (rows[0] === undefined) throw corruptState(file, "it has no schema version");
  return Number(rows[0].version);
}

/** For a process that only looks: it must find exactly the schema it knows. */
export async function checkVersion(db: Knex, file: string): Promise<void> {
  const version = await versionOf(db, file);
  if (version === null) throw corruptState(file, "it has no tables of Sluice");
  refuseNewer(version, file);
  if (version === MIGRATIONS.length) return;
  throw new Fault("STATE_MISMATCH", `${file} was written by an older version of Sluice (schema ${version})`, {
    fix: "run `sluice plan` once: it brings the database up to date",
  });
}

/** Looks first, so that opening never waits for a writer; then in one transaction, so that two processes that start together do not both migrate. */
export async function bringUpToDate(db: Knex, file: string, mayCreate: boolean, nowMs: number): Promise<void> {
  if ((await versionOf(db, file)) === MIGRATIONS.length) return;
  await db.transaction(async (trx) => {
    const version = await versionOf(trx, file);
    if (version === null && !mayCreate) throw corruptState(file, "it has no tables of Sluice");
    if (version !== null) refuseNewer(version, file);
    if (version === null) {
      await trx.schema.createTable("schema_version", (table) => {
        table.integer("version").primary();
        table.bigInteger("at").notNullable();
      });
    }
    for (const [index, migrate] of MIGRATIONS.entries()) {
      if (index < (version ?? 0)) continue;
      await migrate(trx);
      await trx("schema_version").insert({ version: index + 1, at: nowMs });
    }
  });
}

function refuseNewer(version: number, file: string): void {
  if (version <= MIGRATIONS.length) return;
  throw new Fault(
    "STATE_MISMATCH",
    `${file} was written by a newer version of Sluice (schema ${version}, this one knows ${MIGRATIONS.length})`,
    {
      fix: "install the newer version again, or put back the backup that was made before the upgrade (`sluice state restore BACKUP`)",
    },
  );
}
