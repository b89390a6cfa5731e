import type { Random } from "../../../src/contract/clock.ts";
import type { Answer } from "../../../src/kit/sandbox/call.ts";
import type { SandboxVendor } from "../../../src/kit/sandbox/sandbox-vendor.ts";
import { shuffled } from "../../../src/kit/sandbox/seeded-random.ts";
import type { Portal } from "./portal.ts";
import { invalid, refusalAnswer } from "./refusal.ts";

/** How faults look when it is HubSpot that has them. */
export function hubspotFaults(portal: Portal, correlationId: () => string): SandboxVendor["wrong"] {
  return {
    empty() {
      const at = new Date(portal.clock.now()).toISOString();
      return { status: 200, body: { status: "COMPLETE", results: [], startedAt: at, completedAt: at } };
    },
    expired() {
      const message = "The OAuth token used to make this call expired 7 second(s) ago.";
      return refusalAnswer({ status: 401, category: "EXPIRED_AUTHENTICATION", message }, correlationId());
    },
    badBody(_call, why) {
      const refusal =
        why === "too_large"
          ? { status: 413, category: "VALIDATION_ERROR", message: "Request entity too large" }
          : invalid("Invalid input JSON on line 1, column 1: Unexpected character");
      return refusalAnswer(refusal, correlationId());
    },
    partial: (answer, random) => withResults(answer, (results) => some(results, random)),
    shuffle: (answer, random) => withResults(answer, (results) => shuffled(results, random)),
  };
}

function withResults(answer: Answer, change: (results: readonly unknown[]) => readonly unknown[]): Answer {
  const { body } = answer;
  if (typeof body !== "object" || body === null || !("results" in body) || !Array.isArray(body.results)) return answer;
  return { ...answer, body: { ...body, results: change(body.results) } };
}

/** About half of them, and at least one less than all. */
function some(results: readonly unknown[], random: Random): readonly unknown[] {
  const kept = results.filter(() => random() < 0.5);
  return kept.length < results.length ? kept : kept.slice(1);
}
