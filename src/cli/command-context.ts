import type { Output } from "./output.ts";
import type { Services } from "./services.ts";

/** The options that every command takes. */
export type CommonOptions = { project: string; env?: string; json: boolean; quiet: boolean };

export type CommandContext<O> = {
  readonly services: Services;
  readonly output: Output;
  readonly options: O & CommonOptions;
  readonly signal: AbortSignal;
};
