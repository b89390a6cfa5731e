import type { Fault, Problem } from "../contract/fault.ts";

export function problemText(problem: Problem): string {
  const mark = problem.severity === "warning" ? "warning: " : "";
  const line = `${problem.file}:${problem.line}:${problem.column}  ${mark}${problem.message}`;
  return problem.fix === null ? line : `${line}\n  ${problem.fix}`;
}

export function faultText(fault: Fault): string {
  const fix = fault.fix === null ? [] : [`  ${fault.fix}`];
  const problems = fault.problems.map(problemText);
  const repeats = fault.problems.length === 1 && fault.message.includes(fault.problems[0]?.message ?? "");
  return [...(repeats ? [] : problems), `error: ${fault.message} (${fault.code})`, ...fix].join("\n");
}

export function faultDocument(fault: Fault) {
  const problems = fault.problems.length === 0 ? {} : { problems: fault.problems };
  return { code: fault.code, message: fault.message, fix: fault.fix, ...problems };
}
