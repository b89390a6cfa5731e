import { redact } from "../core/redact.ts";

export type OutputOptions = { readonly json: boolean; readonly quiet: boolean };

/** Where a command speaks: one JSON document or text on stdout, progress and warnings on stderr. No secret passes. */
export interface Output {
  readonly json: boolean;
  readonly isTerminal: boolean;
  /** Result text; silent with --json. */
  line(text: string): void;
  /** The one document of --json. A second one, of a fault after the result, is left to stderr and the exit status. */
  document(value: unknown): void;
  /** Progress and warnings; silent with --quiet. */
  note(text: string): void;
  /** Replaces the last live line on a terminal. */
  live(text: string): void;
  /** Always shown, on stderr. */
  error(text: string): void;
  /** What must never be shown from here on. */
  hide(secrets: readonly string[]): void;
}

export type Streams = {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
};

export function openOutput(streams: Streams, options: OutputOptions): Output {
  let secrets: readonly string[] = [];
  let liveLength = 0;
  let isDocumented = false;
  const clean = (text: string): string => redact(text, secrets);
  const clearLive = (): void => {
    if (liveLength > 0) streams.stderr.write(`\r${" ".repeat(liveLength)}\r`);
    liveLength = 0;
  };
  return {
    json: options.json,
    isTerminal: streams.stderr.isTTY === true,
    line: (text) => {
      if (options.json) return;
      clearLive();
      streams.stdout.write(`${clean(text)}\n`);
    },
    document: (value) => {
      clearLive();
      if (!options.json || isDocumented) return;
      isDocumented = true;
      streams.stdout.write(`${clean(JSON.stringify(value, null, 2))}\n`);
    },
    note: (text) => {
      if (options.quiet) return;
      clearLive();
      streams.stderr.write(`${clean(text)}\n`);
    },
    live: (text) => {
      if (options.quiet || streams.stderr.isTTY !== true) return;
      const shown = clean(text);
      streams.stderr.write(`\r${shown.padEnd(liveLength)}`);
      liveLength = shown.length;
    },
    error: (text) => {
      clearLive();
      streams.stderr.write(`${clean(text)}\n`);
    },
    hide: (more) => {
      secrets = [...secrets, ...more];
    },
  };
}
