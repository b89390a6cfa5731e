import { createInterface } from "node:readline/promises";
import { Fault } from "../contract/fault.ts";
import type { CommandContext } from "./command-context.ts";

/**
 * Whether an act that was previewed goes on: `--yes` says so, or a person on a terminal. Everywhere else it stays a preview.
 * `--json` is read by programs and asks nobody.
 */
export async function confirm<O extends { yes: boolean }>(
  { options, output, signal }: CommandContext<O>,
  question: string,
): Promise<boolean> {
  if (options.yes) return true;
  if (output.json || process.stdin.isTTY !== true || !output.isTerminal) return false;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} (yes/no) `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) throw new Fault("CANCELLED", "cancelled before anything was done", { cause: error });
    throw error;
  } finally {
    prompt.close();
  }
}
