import { amount } from "../core/count-text.ts";
import { type Finding, type Verified, verifyMemory } from "../engine/verify-memory.ts";
import type { CommandContext } from "./command-context.ts";
import { openProject } from "./open-project.ts";
import { oneLine } from "./render-plan.ts";

/** Looks through the whole memory; exits 1 where anything of it is wrong. */
export async function stateVerify(context: CommandContext<{ clean: boolean }>): Promise<number> {
  const { services, output, options, signal } = context;
  const project = await openProject(context);
  const verified = await verifyMemory({ project, clock: services.clock, clean: options.clean }, signal);
  const wrong = verified.findings.filter(({ verdict }) => verdict === "wrong");
  const codes = [...new Set(wrong.flatMap(({ code }) => code ?? []))];
  const { findings, leftovers, cleaned } = verified;
  output.document({ verify: { ok: wrong.length === 0, codes, findings, leftovers, cleaned } });
  output.line(verifiedText(verified, codes));
  return wrong.length === 0 ? 0 : 1;
}

function verifiedText({ findings, leftovers, cleaned }: Verified, codes: readonly string[]): string {
  const width = Math.max(...findings.map(({ what }) => oneLine(what).length));
  const lines = findings.flatMap((finding) => findingLines(finding, width));
  const files = amount(leftovers.length, "file");
  if (leftovers.length > 0)
    lines.push(
      cleaned
        ? `removed ${files} that belonged to nothing`
        : `${files} of nothing that is known any more (\`sluice state verify --clean\` removes them)`,
      ...leftovers.slice(0, 20).map((file) => `  ${oneLine(file)}`),
    );
  lines.push(codes.length === 0 ? "nothing is wrong" : `wrong: ${codes.join(", ")}`);
  return lines.join("\n");
}

function findingLines({ what, verdict, code, detail, fix }: Finding, width: number): string[] {
  const head = `${oneLine(what).padEnd(width)}  ${verdict.padEnd(7)}  ${code === null ? "" : `${code}: `}${detail}`;
  return fix === null ? [head] : [head, `${" ".repeat(width)}           ${fix}`];
}
