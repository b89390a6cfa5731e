import type { Clock, Random } from "../../contract/clock.ts";
import type { Answer, Call } from "./call.ts";
import type { FaultList, NamedFault, StatusFault } from "./fault-list.ts";
import type { SandboxVendor } from "./sandbox-vendor.ts";

const LATE_MIN_MS = 200;
const LATE_SPREAD_MS = 300;
const HTML_ERROR =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/** Lets the vendor answer, with the faults between the two. */
export interface CallAnswerer {
  /** Null where the connection is to be dropped without an answer. Rejects when `signal` aborts a delay. */
  answer(call: Call, signal: AbortSignal): Promise<Answer | null>;
  /** Writes that were to be applied late are never applied. */
  dropLateWrites(): void;
}

type Parts = {
  readonly vendor: SandboxVendor;
  readonly faults: FaultList;
  readonly clock: Clock;
  readonly random: Random;
  /** Called after each call that may have changed something. */
  readonly changed: () => void;
};

export function callAnswerer(parts: Parts): CallAnswerer {
  const { vendor, faults, clock, random } = parts;
  let late = new AbortController();

  function apply(call: Call): Answer {
    const answer = vendor.answer(call);
    if (call.method !== "GET") parts.changed();
    return answer;
  }

  function applyLate(call: Call): void {
    const { signal } = late;
    clock.sleep(LATE_MIN_MS + Math.floor(random() * LATE_SPREAD_MS), signal).then(
      () => apply(call),
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    );
  }

  function answerNamed(fault: NamedFault, call: Call): Answer | null {
    switch (fault) {
      case "reset":
        return null;
      case "lost_reply":
        apply(call);
        return null;
      case "late_apply":
        applyLate(call);
        return null;
      case "empty":
        return vendor.wrong.empty(call);
      case "html":
        return { status: 502, body: HTML_ERROR, contentType: "text/html" };
      case "partial":
        return vendor.wrong.partial(apply(call), random);
      case "shuffle":
        return vendor.wrong.shuffle(apply(call), random);
      case "expire_token":
        return vendor.wrong.expired(call);
    }
  }

  async function holdBack(ms: number, lifted: AbortSignal, signal: AbortSignal): Promise<void> {
    try {
      await clock.sleep(ms, AbortSignal.any([lifted, signal]));
    } catch (error) {
      if (signal.aborted || !lifted.aborted) throw error;
    }
  }

  return {
    async answer(call, signal) {
      const { delayMs, lifted, fault } = faults.strike(call.method, call.path);
      if (delayMs > 0) await holdBack(delayMs, lifted, signal);
      if (fault === null) return apply(call);
      return typeof fault === "string" ? answerNamed(fault, call) : statusAnswer(fault);
    },
    dropLateWrites() {
      late.abort();
      late = new AbortController();
    },
  };
}

/** A text is sent as it is, anything else as JSON. */
function statusAnswer(fault: StatusFault): Answer {
  return typeof fault.body === "string" ? { ...fault, contentType: "text/plain" } : fault;
}
