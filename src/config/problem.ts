import type { Problem } from "../contract/fault.ts";
import type { Position, SourceFile } from "../contract/project.ts";

/** A spot in a file, lines and columns from 1. */
export type Place = Position & { readonly file: string };

export type Path = readonly (string | number)[];

export function placeOf(source: SourceFile, path: Path, part: "key" | "value" = "value"): Place {
  return { file: source.file, ...source.locate(path, part) };
}

export function problem(place: Place, code: string, message: string, fix: string | null = null): Problem {
  const { file, line, column } = place;
  return { severity: "error", file, line, column, code, message, fix };
}

export function warning(place: Place, code: string, message: string, fix: string | null = null): Problem {
  return { ...problem(place, code, message, fix), severity: "warning" };
}

/** In file order, each thing said once: of two problems with the same code and text at one spot the first is kept. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  const seen = new Map<string, Problem>();
  for (const one of problems) {
    const identity = JSON.stringify([one.file, one.line, one.column, one.code, one.message]);
    if (!seen.has(identity)) seen.set(identity, one);
  }
  return [...seen.values()].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.code, b.code),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
