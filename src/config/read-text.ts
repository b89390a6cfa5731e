import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import type { Problem } from "../contract/fault.ts";
import { problem } from "./problem.ts";

/** Larger files are refused: a config is written by people. */
const MOST_BYTES = 1024 * 1024;

export type TextFile = { readonly file: string; readonly text: string };

/** True where `path` is `folder` or lies in it; both absolute and free of symlinks. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Lines and columns of an offset, both from 1. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf("\n");
  return { line: before.split("\n").length, column: offset - lastBreak };
}

/**
 * Reads one file of the project as UTF-8 without its byte order mark. Never leaves `root` (the project folder free of
 * symlinks), never waits on a pipe.
 */
export async function readText(root: string, file: string): Promise<TextFile | Problem> {
  const start = { file, line: 1, column: 1 };
  try {
    const path = await realpath(join(root, file));
    if (!isInside(root, path)) {
      return problem(
        start,
        "OUTSIDE_PROJECT",
        "the file is a link to a place outside the project",
        "copy it into the project",
      );
    }
    const found = await stat(path);
    if (!found.isFile()) return problem(start, "NOT_A_FILE", "this is no regular file");
    if (found.size > MOST_BYTES) {
      return problem(
        start,
        "FILE_TOO_LARGE",
        `the file has ${found.size} bytes; a config file has at most ${MOST_BYTES}`,
      );
    }
    return decode(file, await readAll(path));
  } catch (error) {
    return problem(start, "UNREADABLE", `the file cannot be read: ${reasonOf(error)}`);
  }
}

async function readAll(path: string): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function decode(file: string, bytes: Buffer): TextFile | Problem {
  const start = { file, line: 1, column: 1 };
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return problem(start, "NOT_UTF8", "the file is not UTF-8 text", "save it as UTF-8");
  }
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const place = { file, ...positionAt(text, nul) };
    return problem(place, "NUL_CHARACTER", "the file contains a NUL character", "remove it, or save the file as UTF-8");
  }
  return { file, text };
}

/** What the system says, without the path of the machine in it. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Record<string, string> = {
    ENOENT: "it does not exist",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EISDIR: "it is a folder",
    ELOOP: "its links go round in a circle",
    ENOTDIR: "a part of its path is no folder",
  };
  return known[code] ?? (code === "" ? String(error) : code);
}
