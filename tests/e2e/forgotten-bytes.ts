import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/**
 * Files below a folder that hold one of the words, ignoring case: in their bytes, and, as these may be compressed, in whatever DuckDB
 * reads out of plan files and snapshots.
 */
export async function filesHolding(folder: string, words: readonly string[]): Promise<string[]> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const holding: string[] = [];
  for (const file of files) {
    const bytes = readFileSync(file).toString("latin1").toLowerCase();
    const text = `${bytes}${await readAll(file)}`.toLowerCase();
    for (const word of words)
      if (text.includes(word.toLowerCase())) holding.push(`${file.slice(folder.length + 1)}: ${word}`);
  }
  return holding;
}

async function readAll(file: string): Promise<string> {
  if (!/\.(parquet|duckdb)$/.test(file)) return "";
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
  try {
    if (file.endsWith(".parquet")) return JSON.stringify(await rows(`select * from read_parquet('${file}')`));
    await connection.run(`attach '${file}' as looked (read_only)`);
    const tables = await rows("select table_name from duckdb_tables() where database_name = 'looked'");
    const texts: string[] = [];
    for (const [table] of tables)
      texts.push(JSON.stringify(await rows(`select * from looked.main."${String(table)}"`)));
    return texts.join("\n");
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
