/** Connectors see core only through kit. */
export { columnOf, confinement, exactText, quoteName, quoteText } from "../core/duckdb-sql.ts";
