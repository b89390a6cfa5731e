import type { Conformance, Seen } from "../contract/conformance.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import { Fault } from "../contract/fault.ts";
import type { Connection } from "../contract/project.ts";
import { amount } from "../core/count-text.ts";
import { isoTime } from "../core/run-json.ts";
import { hint } from "../core/suggest.ts";
import type { CommandContext } from "./command-context.ts";
import { confirm } from "./confirm.ts";
import { openProject } from "./open-project.ts";

type Flags = { connection: string; object: string; yes: boolean };
type Row = { readonly assumption: string; readonly sandbox: Seen; readonly account: Seen };

/**
 * Tries in the user's own account what our connector and our sandbox take for granted of the vendor, beside the sandbox.
 * This is how a simulator stays honest. It writes some twenty marked records and deletes them.
 */
export async function conformance(context: CommandContext<Flags>): Promise<number> {
  const { services, options, output, signal } = context;
  const project = await openProject(context);
  const connection = project.connections.get(options.connection);
  if (connection === undefined)
    throw new Fault("USAGE", `there is no connection "${options.connection}"`, {
      fix: hint(options.connection, project.connections.keys(), "connections"),
    });
  const connector = services.connectors.find((one) => one.type === connection.type);
  if (connector?.conformance == null || connector.sandbox === null)
    throw new Fault("USAGE", `${connector?.title ?? connection.type} has nothing that could be tried`, {
      fix: "name the connection of a CRM",
    });
  const trial = { services, object: options.object, projectDir: project.dir };
  const account = await openTrial(trial, connector, connection);
  const what = `${amount(account.assumptions.length, "assumption")} about ${options.object} in ${account.account}`;
  const next = `sluice conformance --connection ${connection.name} --object ${options.object} --yes`;
  if (!options.yes)
    output.line(`tries ${what}: makes some 20 to 30 records named "Sluice conformance" and deletes them`);
  if (!(await confirm(context, "in a developer org or test portal only: go on?"))) {
    output.document({ conformance: { account: account.account, object: options.object, done: false, next } });
    output.line(`  nothing was written; \`${next}\` does it`);
    return 0;
  }
  // Cancelled or failed: what was made until then is deleted all the same.
  const cleanUp = async () => {
    const cleaned = await account.cleanUp(UNCUT);
    if (cleaned.left.length > 0) output.error(`not deleted, please do it by hand: ${cleaned.left.join(", ")}`);
    return cleaned;
  };
  const rows = await compare(trial, connector, account, signal).catch(async (error: unknown) => {
    await cleanUp();
    throw signal.aborted ? new Fault("CANCELLED", "cancelled; what was made is deleted", { cause: error }) : error;
  });
  const { left, deleted } = await cleanUp();
  const at = isoTime(services.clock.now());
  output.document({
    conformance: { account: account.account, object: options.object, done: true, at, rows, deleted, left },
  });
  output.line(table(rows, `${account.account}, ${options.object}, ${at}`));
  output.line(`${amount(deleted, "record")} made and deleted`);
  return rows.every(agrees) && left.length === 0 ? 0 : 3;
}

type Trial = { services: CommandContext<Flags>["services"]; object: string; projectDir: string };

function openTrial(
  { services, object, projectDir }: Trial,
  connector: ConnectorDefinition,
  { name, config }: Pick<Connection, "name" | "config">,
): Promise<Conformance> {
  if (connector.conformance === null) throw new Fault("INTERNAL", `${connector.title} has no probes`);
  return connector.conformance(config as never, { connection: name, projectDir, clock: services.clock }, object);
}

/** Every probe here and on a sandbox of its own, side by side. */
async function compare(
  trial: Trial,
  connector: ConnectorDefinition,
  account: Conformance,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  if (connector.sandbox === null) throw new Fault("INTERNAL", `${connector.title} has no sandbox`);
  const server = await connector.sandbox.start({ port: 0, seed: 1, tier: "unlimited", dataFile: null });
  try {
    const config = connector.sandbox.config(server.url) as Connection["config"];
    const sandbox = await openTrial(trial, connector, { name: "sandbox", config }).catch(unknownThere);
    const rows: Row[] = [];
    for (const [index, { name, probe }] of account.assumptions.entries()) {
      signal.throwIfAborted();
      const there = await sandbox?.assumptions[index]?.probe(UNCUT);
      rows.push({ assumption: name, sandbox: there ?? NOT_TRIED, account: await probe(UNCUT) });
    }
    return rows;
  } finally {
    await server.close();
  }
}

/** A fresh sandbox has standard objects only: a custom one is tried in the account alone. */
function unknownThere(error: unknown): null {
  if (error instanceof Fault && error.code === "DESTINATION_REFUSED") return null;
  throw error;
}

/** A probe under way comes home: cut off, it might leave a record whose id nobody knows. */
const UNCUT = new AbortController().signal;

const NOT_TRIED: Seen = { holds: null, says: "a fresh sandbox does not have this object" };

/** What could not be tried in the account speaks against nothing. */
function agrees({ sandbox, account }: Row): boolean {
  return account.holds === null || (account.holds && sandbox.holds !== false);
}

function table(rows: readonly Row[], title: string): string {
  const word = ({ holds }: Seen): string => (holds === null ? "not tried" : holds ? "holds" : "DIFFERS");
  const width = Math.max(...rows.map((row) => row.assumption.length));
  const lines = rows.flatMap((row) => {
    const line = `${agrees(row) ? " " : "!"} ${row.assumption.padEnd(width)}  ${word(row.sandbox).padEnd(9)}  ${word(row.account)}`;
    const isPlain = row.account.holds === true && row.sandbox.holds === true;
    return isPlain ? [line] : [line, `    sandbox: ${row.sandbox.says}`, `    account: ${row.account.says}`];
  });
  return [title, `  ${"assumption".padEnd(width)}  sandbox    this account`, ...lines].join("\n");
}
