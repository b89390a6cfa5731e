// Proves that the simulation's planner twin plans, accepts and doubts as the real planner does.
import { memorySubject } from "./memory-subject.ts";
import { plannerSuite } from "./suite.ts";

/** What is about DuckDB itself, or about files: the twin reads each model once, keeps plans in memory, and changes no keys. */
const LEFT_OUT = [
  // The database's own words, its second reading of a row, and how fast it stops.
  "model trouble",
  // Modes, checksums and leftovers of files.
  "plan file: the plan file is whole",
  "plan file: a plan once written",
  "plan file: a plan that is cancelled",
  // Values that only a typed column has: days beyond the calendar, instants, zones.
  "invalid values: dates beyond the calendar",
  "invalid values: infinite dates",
  "invalid values: timestamps in text",
  "invalid values: infinite timestamps",
  "changed types: another time zone",
  // Another primary key is a rare act of a person, tried on the real planner alone.
  "rekeyed rows",
  // Nobody is suppressed or forgotten in the simulation.
  "suppressed rows",
  "forgotten person",
];

plannerSuite("in memory", memorySubject, (name) => LEFT_OUT.some((start) => name.startsWith(start)));
