// Proves that the embedded DuckDB planner is a planner.
import { duckdbSubject } from "./duckdb-subject.ts";
import { plannerSuite } from "./suite.ts";

plannerSuite("DuckDB", duckdbSubject);
