import type { Clock } from "../../contract/clock.ts";
import { Fault } from "../../contract/fault.ts";
import { type Log, NO_TRACES, type Traces } from "../service-parts.ts";

export type TracesOptions = {
  /** Sluice's own. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
};

/** Traces where OpenTelemetry's variables name an endpoint; where they do not, none of it is loaded. Fault: USAGE. */
export async function chooseTraces(env: (name: string) => string | undefined, options: TracesOptions): Promise<Traces> {
  const url = endpointOf(env);
  if (url === null) return NO_TRACES;
  const { openTraces } = await import("./open-traces.ts");
  return openTraces(url, options);
}

const GENERAL = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OF_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/** As OpenTelemetry has it: the variable of traces is the whole address, the general one that of all signals. An empty one is none. */
function endpointOf(env: (name: string) => string | undefined): string | null {
  if (env("OTEL_SDK_DISABLED")?.toLowerCase() === "true" || env("OTEL_TRACES_EXPORTER") === "none") return null;
  const own = env(OF_TRACES)?.trim() ?? "";
  if (own !== "") return httpUrl(OF_TRACES, own);
  const general = env(GENERAL)?.trim() ?? "";
  return general === "" ? null : httpUrl(GENERAL, `${general.replace(/\/+$/, "")}/v1/traces`);
}

/** The address stays out of the message: it may hold a password. */
function httpUrl(variable: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.href;
  throw new Fault("USAGE", `the variable ${variable} is no http or https address`, {
    fix: "write it as http://127.0.0.1:4318, or leave it out: nothing is traced then",
  });
}
