import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { exists } from "./exists.ts";

/** Stands beside sluice.yml, in version control: without it a lost .sluice would look like a first run (S25). */
export const MARKER = "sluice.state.json";

export type Marker = {
  readonly about: string;
  /** The project's own id, the same in every environment. */
  readonly project: string;
  readonly environments: Record<string, { first_run: string }>;
};

const ABOUT =
  "Written by Sluice at the first run of an environment. It tells a lost .sluice folder from a first run: keep it in version control.";

/** Null where no environment ever ran. Fault: STATE_CORRUPT. */
export async function readMarker(project: Project): Promise<Marker | null> {
  const path = join(project.dir, MARKER);
  if (!(await exists(path))) return null;
  try {
    return JSON.parse(await readFile(path, "utf8")) as Marker;
  } catch (error) {
    throw new Fault("STATE_CORRUPT", `${MARKER} cannot be read`, {
      fix: "restore it from version control",
      cause: error,
    });
  }
}

export async function hasRun(project: Project): Promise<boolean> {
  const marker = await readMarker(project);
  return marker?.environments?.[project.environment] !== undefined;
}

/** The id of a project: as the state knows it, else as the marker does, else a new one; the state knows it from here on. */
export async function projectId(project: Project, state: StateStore): Promise<string> {
  const known = await state.setting("project");
  if (known !== null) return known;
  const id = (await readMarker(project))?.project ?? randomUUID();
  await state.putSetting("project", id);
  return id;
}

/** Says that the environment ran; what the marker says of others stays. */
export async function writeMarker(project: Project, id: string, clock: Clock): Promise<void> {
  const former = await readMarker(project);
  const environments = {
    ...former?.environments,
    [project.environment]: { first_run: new Date(clock.now()).toISOString() },
  };
  const marker: Marker = { about: ABOUT, project: id, environments };
  const path = join(project.dir, MARKER);
  await writeFile(`${path}.tmp`, `${JSON.stringify(marker, null, 2)}\n`);
  await rename(`${path}.tmp`, path);
}
