import { basename, dirname, join } from "node:path";
import type { Problem } from "../contract/fault.ts";
import { placeOf, problem } from "./problem.ts";
import { resolveText, type Scope } from "./references.ts";
import type { YamlFile } from "./yaml-file.ts";

/** Path of the SQLite file as `state.url` gives it, relative to the project or absolute; null for the default. */
export type StatePlace = { readonly path: string | null; readonly isOwnOfEnvironment: boolean };

type StateInput = {
  readonly file: YamlFile;
  readonly environment: string;
  readonly base: string | undefined;
  readonly overlay: string | undefined;
  readonly scope: Scope;
};

export function readState(input: StateInput, problems: Problem[]): StatePlace {
  const url = input.overlay ?? input.base;
  const isOwnOfEnvironment = input.overlay !== undefined;
  const nowhere = { path: null, isOwnOfEnvironment };
  if (url === undefined) return nowhere;
  const path = isOwnOfEnvironment ? ["environments", input.environment, "state", "url"] : ["state", "url"];
  const place = placeOf(input.file, path);
  const resolved = resolveText(url, input.scope, place, "state.url", problems);
  if (resolved === null) return nowhere;
  const { text } = resolved.constant;
  if (/^postgres(ql)?:/.test(text)) {
    const fix = "use sqlite:.sluice/state.db";
    problems.push(problem(place, "NOT_YET_AVAILABLE", "state in Postgres is not yet available", fix));
    return nowhere;
  }
  const sqlite = /^sqlite:(?!\/\/)(.+)$/.exec(text)?.[1];
  if (sqlite === undefined || sqlite.includes("\0")) {
    problems.push(problem(place, "WRONG_VALUE", "state.url must be sqlite:PATH", "such as sqlite:.sluice/state.db"));
    return nowhere;
  }
  return { path: sqlite, isOwnOfEnvironment };
}

/** Two environments never share a state: the environment's name goes into the path unless the environment set its own. */
export function statePath(place: StatePlace, environment: string, isDefault: boolean): string | null {
  if (place.path === null || isDefault || place.isOwnOfEnvironment) return place.path;
  return join(dirname(place.path), environment, basename(place.path));
}
