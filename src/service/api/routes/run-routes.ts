import { createHash } from "node:crypto";
import { z } from "zod";
import { ACTIONS, ROW_STATES, RUN_STATES, type RunRecord } from "../../../contract/run.ts";
import { isoTime, runJson, sampleJson } from "../../../core/run-json.ts";
import { approveHold } from "../../../engine/approve-hold.ts";
import { listRows } from "../../../engine/list-rows.ts";
import { planPath } from "../../../engine/plan-path.ts";
import { cancelRun } from "../../cancel-run.ts";
import { requestRun } from "../../request-run.ts";
import { waitForRun } from "../../wait-for-run.ts";
import { mayDo, maySee } from "../caller.ts";
import { cursorOf, cursorText, limitNumber } from "../cursor.ts";
import { refusal, unknownRun, unknownSync } from "../refusal.ts";
import { type Answer, type Call, ok, type Route, route } from "../route.ts";
import * as shapes from "../shapes.ts";

const RUN_ID = /^[0-9a-hjkmnp-tv-z]{18}$/;
const SEQ = /^\d{1,15}$/;
const TAG = "runs";
const NO_QUERY = z.strictObject({});
const ONE_RUN = z.strictObject({ id: z.string() });
const ONE_SYNC = z.strictObject({ name: z.string() });

/** Seconds to wait for the end of a run before the answer is given. */
const waitSeconds = z
  .string()
  .regex(/^\d{1,2}$/, "must be 0 to 60")
  .transform(Number)
  .pipe(z.number().max(60))
  .default(0);

const asked = z.strictObject({
  action: z
    .enum(ACTIONS)
    .default("run")
    .meta({ description: "run (default), plan: sends nothing, resync: every row again." }),
  approve: z.boolean().default(false).meta({ description: "Lets go what a guard holds; needs the scope `approve`." }),
  insist: z.boolean().default(false).meta({
    description:
      "Goes on with a paused run before its time, and with a sync that is quarantined; needs the scope `approve`.",
  }),
  wait: z.int().min(0).max(60).default(0).meta({ description: "Seconds to wait for the end before answering." }),
});

export const runRoutes: readonly Route[] = [
  route({
    ...{ method: "POST", path: "/api/v1/syncs/{name}/runs", tag: TAG, scope: "run" },
    summary:
      "Start a run. One runs and one waits for each sync: a request that comes while one waits gets that one. With an `Idempotency-Key` the same request gets the same run for 24 hours.",
    params: ONE_SYNC,
    query: NO_QUERY,
    body: asked,
    reads: { "Idempotency-Key": "1 to 200 characters; the same request under it gets the same run for 24 hours." },
    answers: { 200: shapes.run, 202: shapes.run },
    answer: startRun,
  }),
  route({
    ...{ method: "GET", path: "/api/v1/runs", tag: TAG, scope: "read", params: NO_QUERY, body: null },
    summary: "Runs, newest first.",
    query: z.strictObject({
      sync: z.string().optional(),
      state: z.enum(RUN_STATES).optional(),
      plans: z.enum(["true", "false"]).default("false").meta({ description: "Also runs that only planned." }),
      limit: limitNumber(200, 50),
      cursor: cursorText(RUN_ID),
    }),
    answers: { 200: z.object({ runs: z.array(shapes.run), next: shapes.next }) },
    answer: async ({ parts, caller, query: { sync, state, plans, limit, cursor } }) => {
      if (sync !== undefined && !maySee(caller, sync)) return unknownSync(sync);
      const found = await parts.state.runs({
        ...(sync === undefined ? {} : { sync }),
        ...(caller.syncs === null ? {} : { syncs: caller.syncs }),
        ...(state === undefined ? {} : { states: [state] }),
        ...(cursor === undefined ? {} : { before: cursor }),
        withPlans: plans === "true",
        limit,
      });
      const last = found.length === limit ? found.at(-1) : undefined;
      return ok({ runs: found.map(runJson), next: last === undefined ? null : cursorOf(last.id) });
    },
  }),
  route({
    ...{ method: "GET", path: "/api/v1/runs/{id}", tag: TAG, scope: "read", params: ONE_RUN, body: null },
    summary: "One run; with `wait` the answer comes when it is over, or after so many seconds.",
    query: z.strictObject({ wait: waitSeconds }),
    answers: { 200: shapes.run },
    answer: async (call) => withRun(call, async (run) => ok(runJson(await waited(call, run, call.query.wait)))),
  }),
  route({
    ...{ method: "GET", path: "/api/v1/runs/{id}/rows", tag: TAG, scope: "read", params: ONE_RUN, body: null },
    summary:
      "The rows that did not simply apply, by reason; with `state` those of one state; pages of each group's examples. Keys and messages need `values`.",
    query: z.strictObject({
      state: z.enum(ROW_STATES).optional(),
      limit: limitNumber(1_000, 5).meta({ description: "Examples a group and page." }),
      cursor: cursorText(SEQ),
    }),
    answers: {
      200: z.object({ run: z.string(), applied: z.int(), groups: z.array(shapes.rowGroup), next: shapes.next }),
    },
    answer: async (call) =>
      withRun(call, async (run) => {
        const { parts, caller, query } = call;
        const { project } = parts.live.current();
        const page = { limit: query.limit, skip: Number(query.cursor ?? 0) };
        const { groups, applied, goesOn } = await listRows(project, parts.state, run, query.state ?? null, page);
        if (!mayDo(caller, "values"))
          return ok({ run: run.id, applied, groups: groups.map((group) => ({ ...group, examples: [] })), next: null });
        return ok({ run: run.id, applied, groups, next: goesOn ? cursorOf(page.skip + page.limit) : null });
      }),
  }),
  route({
    ...{ method: "GET", path: "/api/v1/runs/{id}/plan", tag: TAG, scope: "read", params: ONE_RUN, body: null },
    summary: "What a run planned: its counts and guards, and row by row what changes. The rows need `values`.",
    query: z.strictObject({ limit: limitNumber(1_000, 100), cursor: cursorText(SEQ) }),
    answers: { 200: z.object({ run: shapes.run, rows: z.array(shapes.planRow), next: shapes.next }) },
    answer: (call) => withRun(call, (run) => planOf(call, run)),
  }),
  route({
    ...{ method: "POST", path: "/api/v1/runs/{id}/cancel", tag: TAG, scope: "run", params: ONE_RUN, query: NO_QUERY },
    summary: "Stop a run before its next batch. What was sent stays sent; what was not is found again by the next run.",
    body: null,
    answers: { 202: shapes.run },
    act: "cancel",
    answer: (call) => withRun(call, (run) => cancel(call, run)),
  }),
  route({
    ...{
      method: "POST",
      path: "/api/v1/runs/{id}/approve",
      tag: TAG,
      scope: "approve",
      params: ONE_RUN,
      query: NO_QUERY,
    },
    summary: "Release exactly the rows that a guard held in this run, for 24 hours; the next run sends them.",
    body: null,
    answers: { 200: z.object({ hold: z.string(), run: z.string(), until: z.iso.datetime().nullable() }) },
    answer: (call) =>
      withRun(call, async (run) => {
        const { state, clock, live } = call.parts;
        const { project } = live.current();
        const hold = await approveHold({ project, state, clock, who: call.caller.name }, run.sync, run.id);
        return ok({ hold: hold.id, run: run.id, until: isoTime(hold.until) });
      }),
  }),
];

type RunCall = Call<{ id: string }, unknown, unknown>;

/** A run of a sync that the caller may not see is not there. */
async function withRun(call: RunCall, answer: (run: RunRecord) => Promise<Answer>): Promise<Answer> {
  const { id } = call.params;
  const run = RUN_ID.test(id) ? await call.parts.state.run(id) : null;
  return run === null || !maySee(call.caller, run.sync) ? unknownRun(id) : answer(run);
}

async function waited({ parts, signal }: RunCall, run: RunRecord, seconds: number): Promise<RunRecord> {
  return seconds === 0 ? run : ((await waitForRun(parts, run.id, seconds * 1000, signal)) ?? run);
}

type StartCall = Call<{ name: string }, unknown, z.output<typeof asked>>;

async function startRun(call: StartCall): Promise<Answer> {
  const { parts, caller, params, body, headers, cause, signal } = call;
  const sync = parts.live.current().project.syncs.get(params.name);
  if (sync === undefined || !maySee(caller, params.name)) return unknownSync(params.name);
  const { action, approve, insist, wait } = body;
  if ((approve || insist) && !mayDo(caller, "approve"))
    return refusal(403, "SCOPE_MISSING", "`approve` and `insist` need the scope approve", "use a token that has it");
  const word = headers["idempotency-key"];
  if (word !== undefined && (word === "" || word.length > 200))
    return refusal(400, "IDEMPOTENCY_KEY", "Idempotency-Key must have 1 to 200 characters", null);
  const request = createHash("sha256")
    .update(JSON.stringify([sync.name, action, approve, insist]))
    .digest("hex");
  const key = word === undefined ? null : { key: word, caller: caller.name, request };
  const leave = { approve, insists: insist };
  const requested = await requestRun(parts, sync, { action, ...leave, who: caller.name, trigger: "api", key, cause });
  if (requested.kind === "conflict")
    return refusal(
      422,
      "IDEMPOTENCY_KEY",
      "this Idempotency-Key was used for another request",
      "use a new one for each request",
    );
  // Before anybody waits: the line stands there also where the service dies meanwhile.
  if (requested.kind !== "repeated") await auditStart(call, requested.run);
  const run =
    wait === 0 ? requested.run : ((await waitForRun(parts, requested.run.id, wait * 1000, signal)) ?? requested.run);
  const location = { location: `/api/v1/runs/${run.id}` };
  return { status: run.endedAt === null ? 202 : 200, body: runJson(run), headers: location };
}

async function auditStart({ parts, caller, body }: StartCall, { id, sync }: RunRecord): Promise<void> {
  const detail = [body.action, ...(body.approve ? ["approved"] : []), ...(body.insist ? ["insisted"] : [])].join(", ");
  await parts.state.audit({ at: parts.clock.now(), who: caller.name, act: "start", sync, run: id, detail });
}

type PlanCall = Call<{ id: string }, { limit: number; cursor?: string | undefined }, unknown>;

async function planOf({ parts, caller, query }: PlanCall, run: RunRecord): Promise<Answer> {
  const { project, bench } = parts.live.current();
  const path = planPath(project, run.id);
  const from = query.cursor === undefined ? 0 : Number(query.cursor) + 1;
  const isThere = mayDo(caller, "values") && from < run.planRows && (await bench.planner.hasPlan(path));
  const rows = isThere ? await bench.planner.readPlan(path, from, from + query.limit) : [];
  const keyParts = project.models.get(run.model)?.primaryKey.length ?? 1;
  const shown = sampleJson(rows, keyParts).map((row, index) => ({ seq: rows[index]?.seq ?? 0, ...row }));
  const last = rows.at(-1);
  const next = last === undefined || last.seq + 1 >= run.planRows ? null : cursorOf(last.seq);
  return ok({ run: runJson(run), rows: shown, next });
}

async function cancel({ parts, caller }: RunCall, run: RunRecord): Promise<Answer> {
  const done = await cancelRun(parts, run, caller.name);
  if (done === "over") return refusal(409, "RUN_OVER", `run ${run.id} is over: ${run.state}`, null);
  if (done === "elsewhere") {
    const fix = howItGoesOn(parts, run) ?? "stop the command that works on it";
    return refusal(409, "NOT_HERE", `run ${run.id} is ${run.state}, and not at work in this service`, fix);
  }
  return { status: 202, body: runJson((await parts.state.run(run.id)) ?? run) };
}

/** Of a run that waits without anybody at work on it; null for any other. */
function howItGoesOn({ waits }: RunCall["parts"], { state, sync }: RunRecord): string | null {
  if (waits.has(sync)) return "it goes on when what stands in its way has passed";
  return state === "paused" ? "it goes on when its quota is back" : null;
}
