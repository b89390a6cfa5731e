import { endChildren } from "../demo/child-commands.ts";
import type { VendorName } from "./vendors.ts";

const USAGE = `npm run bench -- deliver [--to hubspot|salesforce] [--rows N] [--tier unlimited|pro]   first run into an empty CRM, end to end
npm run bench -- rate [--rows N] [--syncs N]                 the same under tier pro: time against the shortest possible
npm run bench -- diff [--rows N]                             planning against the bare SQL statements
npm run bench -- adopt                                       taking over a Salesforce org of 50,000 contacts
npm run bench -- serve [--rows N] [--tier pro|unlimited]      how fast the API answers while a sync of N rows runs
npm run bench -- many [--syncs N]                            a service with N small syncs: check, drain, drift, memory
`;

export type BenchOptions = {
  readonly rows: number | null;
  readonly tier: string | null;
  readonly to: VendorName;
  readonly syncs: number;
};

function parseOptions(args: readonly string[]): BenchOptions | null {
  let rows: number | null = null;
  let tier: string | null = null;
  let to: VendorName = "hubspot";
  let syncs = 1;
  for (let index = 0; index < args.length; index += 2) {
    const [name, value] = [args[index], args[index + 1]];
    if (name === "--rows" && /^\d+$/.test(value ?? "")) rows = Number(value);
    else if (name === "--syncs" && /^[1-9]\d{0,3}$/.test(value ?? "")) syncs = Number(value);
    else if (name === "--tier" && value !== undefined) tier = value;
    else if (name === "--to" && (value === "hubspot" || value === "salesforce")) to = value;
    else return null;
  }
  return { rows, tier, to, syncs };
}

/** Loaded by name, so that one benchmark never pays for another's imports. */
async function benchmark(name: string): Promise<((options: BenchOptions) => Promise<void>) | null> {
  if (name === "deliver") return (await import("./deliver.ts")).deliver;
  if (name === "rate") return (await import("./rate.ts")).rate;
  if (name === "diff") return (await import("./diff.ts")).diff;
  if (name === "serve") return (await import("./serve.ts")).serve;
  if (name === "many") return (await import("./many.ts")).many;
  if (name === "adopt") return (await import("./adopt.ts")).adopt;
  return null;
}

async function main([name = "", ...args]: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const bench = await benchmark(name);
  if (bench === null || options === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  process.once("SIGINT", () => {
    endChildren();
    process.exit(130);
  });
  process.stdout.write(`npm run bench -- ${[name, ...args].join(" ")}\n\n`);
  try {
    await bench(options);
    return 0;
  } finally {
    endChildren();
  }
}

const status = await main(process.argv.slice(2));
// A benchmark that was printed to its end may have found that it missed what it must not miss.
if (status !== 0) process.exitCode = status;
