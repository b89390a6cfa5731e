import type { Random } from "../../../src/contract/clock.ts";
import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import type { SandboxVendor } from "../../../src/kit/sandbox/sandbox-vendor.ts";
import { shuffled } from "../../../src/kit/sandbox/seeded-random.ts";
import { TOKEN_PATH } from "./routes.ts";
import { callError } from "./row-error.ts";
import type { Sessions } from "./sessions.ts";

/** How faults look when it is Salesforce that has them. `form` answers the calls whose bodies are no JSON. */
export function salesforceFaults(sessions: Sessions, form: (call: Call) => Answer): SandboxVendor["wrong"] {
  return {
    empty(call) {
      const isQuery = /\/query(All)?(\/|$)/.test(call.path);
      return { status: 200, body: isQuery ? { totalSize: 0, done: true, records: [] } : [] };
    },
    expired: (call) => sessions.expire(call),
    badBody(call, why) {
      if (why === "too_large") return callError(413, "REQUEST_ENTITY_TOO_LARGE", "Request entity is too large");
      // Tokens are asked for with a form.
      if (call.path.startsWith(TOKEN_PATH.slice(0, TOKEN_PATH.lastIndexOf("/")))) return form(call);
      return callError(400, "JSON_PARSER_ERROR", "Unexpected character at [line:1, column:1]");
    },
    partial: (answer, random) => withResults(answer, (results) => some(results, random)),
    shuffle: (answer, random) => withResults(answer, (results) => shuffled(results, random)),
  };
}

function withResults(answer: Answer, change: (results: readonly unknown[]) => readonly unknown[]): Answer {
  const { body, status } = answer;
  if (status !== 200 || typeof body !== "object" || body === null) return answer;
  if (Array.isArray(body)) return { ...answer, body: change(body) };
  if (!("records" in body) || !Array.isArray(body.records)) return answer;
  return { ...answer, body: { ...body, records: change(body.records) } };
}

/** About half of them, and at least one less than all. */
function some(results: readonly unknown[], random: Random): readonly unknown[] {
  const kept = results.filter(() => random() < 0.5);
  return kept.length < results.length ? kept : kept.slice(1);
}
