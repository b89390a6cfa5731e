import { Command, CommanderError, Option } from "commander";
import { asFault } from "../core/as-fault.ts";
import type { CommandContext, CommonOptions } from "./command-context.ts";
import { type Output, openOutput, type Streams } from "./output.ts";
import type { Services } from "./services.ts";

/** A command's work: returns the exit status. */
type Work<O, A extends readonly unknown[]> = (context: CommandContext<O>, ...args: A) => Promise<number>;

export type ProgramParts = {
  /** Loaded when a command needs it: `--help` loads nothing but commander. */
  readonly services: () => Promise<Services>;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  readonly version: string;
};

/** Runs one command line (without node and script) and gives its exit status. */
export async function runProgram(argv: readonly string[], parts: ProgramParts): Promise<number> {
  let status = 0;
  const wantsJson = argv.includes("--json");
  const act =
    <O, A extends readonly unknown[]>(load: () => Promise<Work<O, A>>) =>
    async (...args: unknown[]): Promise<void> => {
      const command = args.at(-1) as Command;
      const options = args.at(-2) as O & CommonOptions;
      const output = openOutput(parts.streams, { json: options.json === true, quiet: options.quiet === true });
      try {
        const work = await load();
        const services = await parts.services();
        status = await work(
          { services, output, options, signal: parts.signal },
          ...(command.processedArgs as unknown as A),
        );
      } catch (error) {
        status = await reportFault(error, output);
      }
    };
  const program = buildProgram(act, parts);
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    status = error.exitCode === 0 ? 0 : 2;
    if (wantsJson && status === 2) {
      const message = error.message.replace(/^error: /, "");
      parts.streams.stdout.write(
        `${JSON.stringify({ error: { code: "USAGE", message, fix: "see sluice --help" } }, null, 2)}\n`,
      );
    }
  }
  return status;
}

async function reportFault(error: unknown, output: Output): Promise<number> {
  const { faultDocument, faultText } = await import("./render-fault.ts");
  const fault = asFault(error);
  output.error(faultText(fault));
  output.document({ error: faultDocument(fault) });
  return fault.rule.exitStatus;
}

type Act = <O, A extends readonly unknown[]>(load: () => Promise<Work<O, A>>) => (...args: unknown[]) => Promise<void>;

function buildProgram(act: Act, parts: ProgramParts): Command {
  const program = new Command("sluice")
    .description("Syncs SQL models into the CRM: plan, apply, and know what was done.")
    .version(parts.version)
    .exitOverride()
    .showHelpAfterError("(see --help)")
    .configureOutput({
      writeOut: (text) => parts.streams.stdout.write(text),
      writeErr: (text) => parts.streams.stderr.write(text),
    });
  const command = (usage: string, description: string, parent = program): Command =>
    parent
      .command(usage)
      .description(description)
      .option("--project <dir>", "the project folder", ".")
      .option("--env <name>", "the environment (or SLUICE_ENV; default: the first)")
      .option("--json", "one JSON document on stdout", false)
      .option("--quiet", "no progress, no warnings", false);
  const selecting = (made: Command): Command =>
    made
      .option("--select <selector...>", "syncs by tag:NAME, connection:NAME, model:NAME or state:modified")
      .option("--all", "every sync of the project", false);

  const confirmed = (made: Command): Command =>
    made.option("--yes", "do it; without this it only shows what would be done", false);

  program
    .command("init")
    .argument("<dir>", "a new or empty folder")
    .description("write a small project that runs against the sandbox")
    .option("--json", "one JSON document on stdout", false)
    .action(act(async () => (await import("./init.ts")).init));
  command("check", "read every file and say what is wrong; offline unless --connect")
    .option("--connect", "open the connections too and say what each may do", false)
    .action(act(async () => (await import("./check.ts")).check));
  selecting(command("plan", "say exactly what a run would send; sends nothing").argument("[syncs...]"))
    .option("--exit-code", "exit 5 when there are changes", false)
    .option("--markdown", "one table for people, such as a comment on a pull request", false)
    .action(act(async () => (await import("./plan.ts")).plan));
  selecting(command("run", "plan and send").argument("[syncs...]"))
    .option("--approve", "release what a guard holds, for 24 hours", false)
    .action(act(async () => (await import("./run.ts")).run));
  selecting(
    command("resume", "go on with interrupted or paused runs; plans nothing new").argument("[syncs...]"),
  ).action(act(async () => (await import("./resume.ts")).resume));
  selecting(
    command("link", "find the records that rows already have, and remember them; sends nothing").argument("[syncs...]"),
  )
    .option("--write-key", "also write the first match field, and nothing else, to records that lack it", false)
    .option("--report <file>", "write what was found, with examples, to this .json or .csv file")
    .action(act(async () => (await import("./link.ts")).link));
  command("holds", "plans that a guard holds, and approvals that still count")
    .argument("[sync]")
    .action(act(async () => (await import("./holds.ts")).holds));
  command("approve", "release what a run's guards hold, for 24 hours; the next run sends it")
    .argument("<run>", "a run id, or `last`")
    .action(act(async () => (await import("./approve.ts")).approve));
  confirmed(command("resync", "send every row again, with all its fields, and what was removed").argument("<sync>"))
    .option("--approve", "release what a guard holds, for 24 hours", false)
    .action(act(async () => (await import("./resync.ts")).resync));
  confirmed(
    command("baseline", "link, and take every row with a record as sent; sends nothing").argument("<sync>"),
  ).action(act(async () => (await import("./baseline.ts")).baseline));
  confirmed(command("rename", "let a sync whose file was renamed go on with what it knew"))
    .argument("<old>", "the former name, whose file is gone")
    .argument("<new>", "the sync's name now")
    .action(act(async () => (await import("./rename.ts")).rename));
  confirmed(command("reset", "forget what is remembered of a sync; the next run starts as a first one"))
    .argument("<sync>", "also one whose file is gone")
    .action(act(async () => (await import("./reset.ts")).reset));
  confirmed(command("rekey", "carry what is remembered of a sync over to its model's new primary key"))
    .argument("<sync>")
    .option("--from <columns>", "the model's columns that hold the former key, where they are called otherwise now")
    .action(act(async () => (await import("./rekey.ts")).rekey));
  confirmed(command("forget", "erase a person from snapshots, plans, refusals and destinations, and keep them out"))
    .option("--sync <sync>", "with --key: the sync of whose rows one is the person")
    .option("--key <key>", "the row's primary key; parts of a composite key separated by commas")
    .option("--value <value>", "a match value such as an e-mail, in any sync and environment")
    .option("--keep-records", "leave the records in the destinations alone", false)
    .option("--adopted-too", "erase also records that were there before us", false)
    .action(act(async () => (await import("./forget.ts")).forget));
  command("status", "every sync with its last run").action(act(async () => (await import("./status.ts")).status));
  command("runs", "past runs, newest first")
    .argument("[sync]")
    .option("--limit <n>", "at most so many", "20")
    .action(act(async () => (await import("./runs.ts")).runs));
  command("rows", "the rows of a run, grouped by reason")
    .argument("<run>", "a run id, or `last`")
    .option("--state <state>", "only rows in this state: rejected, invalid, altered, skipped, deferred, applied …")
    .option("--limit <n>", "examples a group", "5")
    .option("--retry", "send the sync's refused rows now, whatever their pause, and what changed", false)
    .action(act(async () => (await import("./rows.ts")).rows));
  command("why", "one row's story")
    .argument("<sync>")
    .argument("<key>", "the primary key; parts of a composite key separated by commas")
    .action(act(async () => (await import("./why.ts")).why));
  command("serve", "run schedules, answer the API and work, until it is stopped")
    .option("--host <address>", "where it listens; beyond this machine it needs tokens", "127.0.0.1")
    .option("--port <n>", "0 takes a free one", "4400")
    .option("--git <ref>", "work with the files of this git ref, such as origin/main, instead of those in the folder")
    .option("--poll <time>", "with --git: how often the ref is looked at", "60s")
    .option("--allow-host <name...>", "further names by which it may be called", [])
    .action(
      act(async () => {
        const { serve } = await import("./serve.ts");
        return (context: CommandContext<Parameters<typeof serve>[0]["options"]>) => serve(context, parts.version);
      }),
    );
  const tokens = program.command("token").description("keys to the service's API");
  command("create", "make a token and show it, once", tokens)
    .argument("<name>", "who acts with it, for the audit log")
    .requiredOption("--scope <scope...>", "read, run, approve, values, admin")
    .option("--sync <sync...>", "only these syncs; default: every one")
    .option("--expires <days>", "such as 90d, or never", "90d")
    .action(act(async () => (await import("./token.ts")).createToken));
  command("list", "every token, without its key", tokens).action(
    act(async () => (await import("./token.ts")).listTokens),
  );
  command("revoke", "end a token", tokens)
    .argument("<id>", "as `sluice token list` names it")
    .action(act(async () => (await import("./token.ts")).revokeToken));
  const memory = program.command("state").description("copy, put back and look through what the project remembers");
  command("backup", "copy state, snapshots and plans into a new folder, as they are at one moment", memory)
    .argument("<dir>", "a folder that is not there yet")
    .option("--wait <seconds>", "how long to wait for whoever works on the project", "30")
    .action(act(async () => (await import("./state-backup.ts")).stateBackup));
  confirmed(command("restore", "put a backup back; what is there now is moved aside, never deleted", memory))
    .argument("<backup>", "a folder that `sluice state backup` made")
    .action(act(async () => (await import("./state-restore.ts")).stateRestore));
  command("verify", "read all that is remembered and say what of it is wrong; offline", memory)
    .option("--clean", "remove files that belong to nothing any more", false)
    .action(act(async () => (await import("./state-verify.ts")).stateVerify));
  confirmed(command("conformance", "try in your own test account what Sluice takes for granted of the vendor"))
    .requiredOption("--connection <name>", "a connection of the project")
    .requiredOption("--object <object>", "the object in which records are made and deleted")
    .action(act(async () => (await import("./conformance.ts")).conformance));
  program
    .command("sandbox")
    .description("start a local HubSpot and Salesforce that behave as the real ones, limits included")
    .option("--hubspot-port <n>", "start HubSpot at this port; 0 takes a free one")
    .option("--salesforce-port <n>", "start Salesforce at this port; with neither, each starts at its usual one")
    .option("--seed <n>", "portal id, ids and faults derive from it", "1")
    .addOption(
      new Option("--tier <tier>", "the account's limits")
        .choices(["free", "pro", "enterprise", "unlimited"])
        .default("pro"),
    )
    .option("--data <file>", "keep the records in this file between starts")
    .option("--json", "one JSON document on stdout", false)
    .action(act(async () => (await import("./sandbox.ts")).sandbox));
  return program;
}
