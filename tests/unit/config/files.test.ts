// Proves that no content of a file, and no kind of file, makes loading throw: each is a problem with its place (reliability.md §3 Files).
import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Problem } from "../../../src/contract/fault.ts";
import { load, loadFolder, MODEL, SOUND, SYNC, show, shown, writeFolder } from "./project-folder.ts";

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part))));
const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefgh"[index]}`).join(",")}]`).join("\n")}\n`;

describe("a sync file", () => {
  it.each<[string, string | Uint8Array, string]>([
    ["empty", "", "1:1 EMPTY_FILE the file is empty"],
    ["blank and comments", " \n# nothing\n", "1:1 EMPTY_FILE the file is empty"],
    ["a list", "- a\n", "1:1 NOT_A_MAP the file must be a map of keys, not a list"],
    ["a word", "hello\n", "1:1 NOT_A_MAP the file must be a map of keys, not a single value"],
    ["duplicate keys", `${SYNC}model: other\n`, '6:1 YAML_SYNTAX the key "model" is given twice'],
    ["a tab", "fields:\n\tb: 3\n", "2:1 YAML_SYNTAX a tab indents this line"],
    ["two documents", `${SYNC}---\nmodel: x\n`, "6:1 YAML_SYNTAX the file holds several documents"],
    ["a tag", "model: !!js/function x\n", "1:8 YAML_SYNTAX tags (!…) are not used here"],
    ["an open bracket", "a: [b\nc: d\n", "2:1 YAML_SYNTAX this is no YAML: Flow sequence in block"],
    ["a missing anchor", "a: *x\n", "1:4 YAML_SYNTAX nothing is called &x"],
    ["an alias in itself", "a: &x [*x, *x]\n", "1:1 YAML_TOO_LARGE"],
    ["an alias bomb", bomb, "1:1 YAML_TOO_LARGE"],
    ["deep nesting", `a: ${"[".repeat(20_000)}`, "YAML_SYNTAX the file is nested too deeply"],
    ["a prototype", "__proto__: { x: 1 }\n", '1:1 UNKNOWN_KEY the key "__proto__" is not allowed'],
    ["NUL", bytes("model: pe", 0, "ople\n"), "1:10 NUL_CHARACTER"],
    ["Latin-1", bytes("# caf", 0xe9, "\n"), "1:1 NOT_UTF8"],
    ["UTF-16", Buffer.from("\ufeffmodel: x", "utf16le"), "1:1 NOT_UTF8"],
    ["two megabytes", `# ${"x".repeat(2_000_000)}`, "1:1 FILE_TOO_LARGE"],
  ])("with %s", async (_, content, wanted) => {
    const problems = await shown({ "syncs/people.yml": content });
    expect(problems.at(0)).toContain(wanted);
    expect(problems.filter((one) => !one.startsWith("syncs/people.yml"))).toEqual([]);
  });

  it("may begin with a byte order mark and end its lines as Windows does", async () => {
    const windows = `\ufeff${SYNC.replaceAll("\n", "\r\n")}`;
    expect(await shown({ "syncs/people.yml": windows })).toEqual([]);
    expect(await shown({ "syncs/people.yml": `${windows}gurds: off\r\n` })).toEqual([
      expect.stringContaining("yml:6:1 UNKNOWN_KEY"),
    ]);
  });

  it("keeps keys such as constructor apart from what objects have by nature", async () => {
    expect(await shown({ "syncs/people.yml": `${SYNC}  constructor: a\n  toString: b\n` })).toEqual([]);
    expect(await shown({ "syncs/people.yml": `${SYNC}constructor: a\n` })).toEqual([
      expect.stringContaining("6:1 UNKNOWN_KEY"),
    ]);
  });

  it("never makes loading throw, whatever it holds", async () => {
    const folder = await writeFolder(SOUND);
    const fragments = [
      ...SYNC.split(/(?=[:{}\s])/),
      "&a",
      "*a",
      "${env:",
      "}",
      "- ",
      "\t",
      "'",
      "5%",
      "off",
      "set",
      "guards",
      "\0",
    ];
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: "binary", maxLength: 200 }).map((text) => Buffer.from(text)),
      fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((parts) => Buffer.from(parts.join(""))),
      fc.jsonValue({ depthSize: "small" }).map((value) => Buffer.from(JSON.stringify(value))),
    );
    try {
      await fc.assert(
        fc.asyncProperty(content, async (written) => {
          await writeFile(join(folder.dir, "syncs/people.yml"), written);
          const loaded = await loadFolder(folder.dir);
          expect(loaded.ok || loaded.problems.length > 0).toBe(true);
          for (const one of loaded.problems) expectWhole(one);
        }),
        { numRuns: 400 },
      );
    } finally {
      await folder.remove();
    }
  });
});

function expectWhole(one: Problem): void {
  expect(one.line).toBeGreaterThanOrEqual(1);
  expect(one.column).toBeGreaterThanOrEqual(1);
  expect(one.message).not.toMatch(/\n|undefined|\[object/);
}

describe("a model file", () => {
  it("never makes loading throw, whatever it holds", async () => {
    const folder = await writeFolder(SOUND);
    const fragments = [...MODEL.split(/(?=[:\s])/), "/*---", "---*/", "${var:x}", "'", '"', "--", "/*", "$${"];
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.constantFrom(...fragments)).map((parts) => Buffer.from(parts.join(""))),
    );
    try {
      await fc.assert(
        fc.asyncProperty(content, async (written) => {
          await writeFile(join(folder.dir, "models/people.sql"), written);
          for (const one of (await loadFolder(folder.dir)).problems) expectWhole(one);
        }),
        { numRuns: 200 },
      );
    } finally {
      await folder.remove();
    }
  });
});

describe("what lies in the folders", () => {
  const open: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const close of open) await close();
  });

  const folderWith = async (arrange: (dir: string, outside: string) => Promise<void>) => {
    const outside = await writeFolder({ "people.yml": SYNC, "deep/x.yml": SYNC });
    const folder = await writeFolder({ ...SOUND, "notes/README.md": "hello" });
    open.push(outside.remove, folder.remove);
    await arrange(folder.dir, outside.dir);
    return (await loadFolder(folder.dir)).problems.map(show);
  };

  it("a link out of the project is a problem, within it is not", async () => {
    const problems = await folderWith(async (dir, outside) => {
      await symlink(join(outside, "people.yml"), join(dir, "syncs/a.yml"));
      await symlink(join(outside, "deep"), join(dir, "syncs/deep"));
      await symlink("people.yml", join(dir, "syncs/b.yml"));
      await symlink("nowhere.yml", join(dir, "syncs/c.yml"));
      await symlink(".", join(dir, "syncs/circle"));
    });
    expect(problems).toEqual([
      "syncs/a.yml:1:1 OUTSIDE_PROJECT the file is a link to a place outside the project | copy it into the project",
      "syncs/c.yml:1:1 UNREADABLE the file cannot be read: it does not exist",
      "syncs/deep:1:1 OUTSIDE_PROJECT the folder is a link to a place outside the project | copy it into the project",
      expect.stringContaining("syncs/people.yml:5:10 warning SHARED_FIELD"),
    ]);
  });

  it("the whole folder may not be a link out either", async () => {
    const problems = await folderWith(async (dir, outside) => {
      await rm(join(dir, "syncs"), { recursive: true });
      await symlink(outside, join(dir, "syncs"));
    });
    expect(problems).toEqual([expect.stringContaining("syncs:1:1 OUTSIDE_PROJECT")]);
  });

  it("a pipe, a folder with a file's name and a file with a folder's name do not hang or throw", async () => {
    const problems = await folderWith(async (dir) => {
      execFileSync("mkfifo", [join(dir, "syncs/pipe.yml")]);
      await mkdir(join(dir, "syncs/folder.yml"));
      await rm(join(dir, "models"), { recursive: true });
      await writeFile(join(dir, "models"), "");
    });
    expect(problems).toEqual([
      "models:1:1 UNREADABLE the folder cannot be read: a part of its path is no folder",
      'syncs/people.yml:1:8 UNKNOWN_MODEL there is no model "people" | there are no models',
      "syncs/pipe.yml:1:1 NOT_A_FILE this is no regular file",
    ]);
  });

  it("hidden files, other kinds and capitals: only syncs are syncs", async () => {
    const files = { "syncs/.draft.yml": "junk: [", "syncs/README.md": "x", "syncs/Loud.YML": SYNC };
    const loaded = await load(files);
    expect(loaded.ok && [...loaded.project.syncs.keys()]).toEqual(["Loud", "people"]);
  });

  it("a broken sluice.yml does not hide the problems of other files", async () => {
    const problems = await shown({ "sluice.yml": "version: [\n", "syncs/people.yml": `${SYNC}gurds: off\n` });
    expect(problems.map((one) => one.split(" ")[0])).toEqual(["sluice.yml:2:1", "syncs/people.yml:6:1"]);
  });
});
