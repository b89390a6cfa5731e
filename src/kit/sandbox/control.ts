import { Fault } from "../../contract/fault.ts";
import type { Answer, Call } from "./call.ts";
import { refusedInput } from "./control-input.ts";
import type { FaultList } from "./fault-list.ts";
import { parseFaults } from "./parse-faults.ts";
import type { RequestLog } from "./request-log.ts";
import type { SandboxVendor } from "./sandbox-vendor.ts";

export const CONTROL_PREFIX = "/__sandbox/";

type Parts = {
  readonly vendor: SandboxVendor;
  readonly log: RequestLog;
  readonly faults: FaultList;
  /** Something changed that the data file keeps. */
  readonly changed: () => void;
  /** Back to the state just after the start: also drops late writes that are still under way. */
  readonly reset: () => void;
};

/** Answers the calls under `/__sandbox/`; they are never logged, limited or struck by faults. */
export function controlCalls(parts: Parts): (call: Call) => Answer {
  const { vendor, log, faults } = parts;
  const ok = (body: unknown): Answer => ({ status: 200, body });
  const calls: Record<string, (call: Call) => Answer> = {
    "POST fields": (call) => {
      const made = vendor.control.addFields(bodyOf(call));
      parts.changed();
      return ok(made);
    },
    "GET dump": (call) => ok(vendor.control.dump(call.query)),
    "POST records": (call) => {
      const ids = vendor.control.seed(bodyOf(call));
      parts.changed();
      return ok(ids);
    },
    "GET requests": (call) => ok(log.since(sinceOf(call.query))),
    "DELETE requests": () => {
      log.clear();
      return ok({ cleared: true });
    },
    "POST reset": () => {
      parts.reset();
      parts.changed();
      return ok({ reset: true });
    },
    "GET faults": () => ok(faults.all()),
    "POST faults": (call) => {
      for (const entry of parseFaults(bodyOf(call))) faults.add(entry);
      return ok(faults.all());
    },
    "DELETE faults": () => {
      faults.clear();
      return ok([]);
    },
  };

  for (const [name, act] of Object.entries(vendor.control.more))
    calls[name] = (call) => {
      const done = act(bodyOf(call));
      parts.changed();
      return ok(done);
    };

  return (call) => {
    const name = `${call.method} ${call.path.slice(CONTROL_PREFIX.length)}`;
    const answer = calls[name];
    if (answer === undefined) {
      return { status: 404, body: { error: `no control call "${name}"; there are ${Object.keys(calls).join(", ")}` } };
    }
    try {
      return answer(call);
    } catch (error) {
      if (error instanceof Fault && error.code === "USAGE") return { status: 400, body: { error: error.message } };
      throw error;
    }
  };
}

function bodyOf(call: Call): unknown {
  if (call.body !== undefined) return call.body;
  throw refusedInput(call.text === "" ? "body: expected JSON, got nothing" : "body: this is no JSON");
}

function sinceOf(query: URLSearchParams): number {
  const since = query.get("since");
  if (since === null) return 0;
  const time = Number(since);
  if (since.trim() !== "" && Number.isFinite(time)) return time;
  throw refusedInput(`since: expected ms since the epoch, got ${JSON.stringify(since)}`);
}
