// Proves that `sluice init` writes a project that passes the check, and never touches what is there.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connectors } from "../../../connectors/index.ts";
import { initProject } from "../../../src/config/init-project.ts";
import { loadProject } from "../../../src/config/load-project.ts";
import { type Folder, writeFolder } from "./project-folder.ts";

const folders: Folder[] = [];
const folderWith = async (files: Record<string, string>) => {
  const folder = await writeFolder(files);
  folders.push(folder);
  return folder.dir;
};
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

describe("initProject", () => {
  it("writes a project without a problem, in a folder that it makes", async () => {
    const dir = join(await folderWith({}), "new/one");
    expect(await initProject(dir)).toEqual([
      "sluice.yml",
      "models/people.sql",
      "syncs/people_to_hubspot.yml",
      "data/people.csv",
      "README.md",
      ".gitignore",
    ]);
    const loaded = await loadProject({ dir, environment: null, connectors, env: () => undefined });
    expect(loaded.problems).toEqual([]);
    expect(loaded.ok && loaded.project.connections.get("crm")?.config).toEqual({
      access_token: "sandbox",
      base_url: "http://127.0.0.1:4010",
    });
    expect(loaded.ok && loaded.project.secrets).toEqual([]);
  });

  it("refuses a folder that holds a project, or one of its files, and writes nothing", async () => {
    const dir = await folderWith({ "data/people.csv": "mine" });
    await expect(initProject(dir)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("data/people.csv"),
    });
    await expect(readFile(join(dir, "sluice.yml"))).rejects.toMatchObject({ code: "ENOENT" });
    await writeFile(join(dir, "sluice.yml"), "version: 1");
    await expect(initProject(dir)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("project already"),
    });
  });

  it("keeps a README, and adds its folder to a .gitignore once", async () => {
    const dir = await folderWith({ "README.md": "mine", ".gitignore": "node_modules" });
    expect(await initProject(dir)).not.toContain("README.md");
    expect(await readFile(join(dir, "README.md"), "utf8")).toBe("mine");
    expect(await readFile(join(dir, ".gitignore"), "utf8")).toBe("node_modules\n.sluice/\n");
  });

  it("says so where the folder is a file", async () => {
    const dir = await folderWith({ file: "x" });
    await mkdir(join(dir, "sub"));
    await expect(initProject(join(dir, "file"))).rejects.toMatchObject({ code: "USAGE" });
  });
});
