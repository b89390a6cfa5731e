import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where the commands of this machine find the service that works on their project. */
export type Place = { readonly url: string; readonly holder: string; readonly key: string };

const FILE = "serve.json";

/** Only the service's own user may read it: its key does everything. */
export async function notePlace(workDir: string, place: Place): Promise<void> {
  const path = join(workDir, FILE);
  await writeFile(`${path}.new`, `${JSON.stringify(place)}\n`, { mode: 0o600 });
  await chmod(`${path}.new`, 0o600);
  await rename(`${path}.new`, path);
}

export async function removePlace(workDir: string): Promise<void> {
  await rm(join(workDir, FILE), { force: true });
}

/** null where no service said that it is there. */
export async function readPlace(workDir: string): Promise<Place | null> {
  let text: string;
  try {
    text = await readFile(join(workDir, FILE), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const { url, holder, key } = JSON.parse(text) as Partial<Place>;
  return url === undefined || holder === undefined || key === undefined ? null : { url, holder, key };
}
