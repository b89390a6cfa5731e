import { createHash } from "node:crypto";
import { z } from "zod";
import { PLAINLY } from "../../../contract/state.ts";
import type { Trigger } from "../../../contract/trigger.ts";
import { requestRun } from "../../request-run.ts";
import { isSigned, messageOf, whyStale } from "../../triggers/check-signature.ts";
import { whyNotYet } from "../../triggers/read-dbt-event.ts";
import { refusal } from "../refusal.ts";
import { type Answer, type Call, ok, type Route, route } from "../route.ts";

const started = z.array(z.object({ sync: z.string(), run: z.string() }));

export const triggerRoutes: readonly Route[] = [
  route({
    ...{ method: "POST", path: "/api/v1/triggers/{name}", tag: "triggers", scope: null },
    summary:
      "Start the syncs of a trigger of sluice.yml. The signature is the key; the body says nothing but that it is time.",
    params: z.strictObject({ name: z.string() }),
    query: z.strictObject({}),
    body: z.unknown(),
    answers: {
      200: z.object({ started, repeated: z.boolean(), reason: z.string().optional() }),
      202: z.object({ started, repeated: z.boolean() }),
    },
    answer: pull,
  }),
];

type TriggerCall = Call<{ name: string }, unknown, unknown>;

/** Every message is kept for so long, so that it counts once. dbt Cloud's have no time in their signature: it keeps its own for 30 days. */
const KEPT_MS = 30 * 24 * 3_600_000;

async function pull(call: TriggerCall): Promise<Answer> {
  const { parts, params, headers, raw } = call;
  const { triggers } = parts.live.current().project;
  const trigger = triggers.get(params.name);
  if (trigger === undefined) return refused(call, "there is none by this name");
  const message = messageOf(trigger.type, headers, raw);
  if (message === null || !isSigned(trigger.secrets, message)) return refused(call, "its signature is wrong");
  const stale = whyStale(trigger.type, headers, parts.clock.now());
  if (stale !== null) return refused(call, stale);
  const event = trigger.type === "dbt_cloud" ? whyNotYet(trigger, call.body) : { id: idOf(headers), why: null };
  if (event.why !== null) return ok({ started: [], repeated: false, reason: event.why });
  // The id is not signed: who sends the same bytes under another one must not start anything.
  const bytes = createHash("sha256").update(message.signed).digest("hex");
  return start(call, trigger, event.id === null ? [bytes] : [`id ${event.id}`, bytes]);
}

const LONGEST_ID = 200;

function idOf(headers: TriggerCall["headers"]): string | null {
  const id = headers["x-sluice-id"]?.slice(0, LONGEST_ID) ?? "";
  return id === "" ? null : id;
}

/** Nobody learns by asking which triggers there are, and what was wrong; the service's own log says it. */
function refused({ parts, params, refuse }: TriggerCall, why: string): Answer {
  const detail = "there is no such trigger, or the call is not signed as it must be";
  const fix = "compare name, secret and clock with the sender's; the service's log says more";
  const answer = refuse(refusal(404, "TRIGGER_REFUSED", detail, fix));
  // Who knocks without end fills no log.
  if (answer.status === 404) parts.log.warn({ trigger: params.name.slice(0, 100) }, `a trigger was refused: ${why}`);
  return answer;
}

/** Known as seen only after the runs are asked for: a crash in between loses none, and the same message gets the same runs. */
async function start(
  { parts, cause }: TriggerCall,
  trigger: Trigger,
  ids: readonly [string, ...string[]],
): Promise<Answer> {
  const { state, clock } = parts;
  const who = `trigger ${trigger.name}`;
  for (const id of ids) if (await state.hasSeen(who, id)) return ok({ started: [], repeated: true });
  const { syncs } = parts.live.current().project;
  const begun: { sync: string; run: string }[] = [];
  for (const name of trigger.syncs) {
    const sync = syncs.get(name);
    if (sync === undefined) continue;
    const request = createHash("sha256").update(name).digest("hex");
    const key = { key: `${ids[0]} ${name}`, caller: who, request };
    const requested = await requestRun(parts, sync, { action: "run", ...PLAINLY, who, trigger: who, key, cause });
    if (requested.kind === "conflict" || requested.kind === "repeated") continue;
    const run = requested.run.id;
    begun.push({ sync: name, run });
    await state.audit({ at: clock.now(), who, act: "start", sync: name, run, detail: "run" });
  }
  for (const id of ids) await state.firstSeen(who, id, clock.now(), KEPT_MS);
  if (begun.length === 0) return ok({ started: [], repeated: true });
  return { status: 202, body: { started: begun, repeated: false } };
}
