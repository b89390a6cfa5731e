import { z } from "zod";
import type { Project, Sync } from "../../../contract/project.ts";
import type { RunRecord } from "../../../contract/run.ts";
import type { ScheduleRecord } from "../../../contract/service.ts";
import { keyFromInput } from "../../../core/key.ts";
import { keyText } from "../../../core/key-text.ts";
import { isoTime, runJson } from "../../../core/run-json.ts";
import { storyJson } from "../../../engine/story-json.ts";
import { tellStory } from "../../../engine/tell-story.ts";
import { scheduleText } from "../../schedule-text.ts";
import { maySee } from "../caller.ts";
import { unknownSync } from "../refusal.ts";
import { type Answer, type ApiParts, type Call, ok, type Route, route } from "../route.ts";
import * as shapes from "../shapes.ts";

const TAG = "syncs";
const NOTHING = z.strictObject({});
const ONE_SYNC = z.strictObject({ name: z.string() });

export const syncRoutes: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/api/v1/syncs", tag: TAG, scope: "read", params: NOTHING, query: NOTHING, body: null },
    summary: "Every sync with its schedule and its last run.",
    answers: { 200: z.object({ syncs: z.array(shapes.sync) }) },
    answer: async ({ parts, caller }) => {
      const records = new Map((await parts.state.schedules()).map((record) => [record.sync, record]));
      const last = new Map((await parts.state.lastRuns()).map((run) => [run.sync, run]));
      const seen = [...parts.live.current().project.syncs.values()].filter(({ name }) => maySee(caller, name));
      return ok({
        syncs: seen.map((sync) => syncJson(parts, sync, records.get(sync.name), last.get(sync.name))),
      });
    },
  }),
  route({
    ...{ method: "GET", path: "/api/v1/syncs/{name}", tag: TAG, scope: "read", params: ONE_SYNC, query: NOTHING },
    summary: "One sync.",
    body: null,
    answers: { 200: shapes.sync },
    answer: (call) => withSync(call, (sync) => oneSync(call.parts, sync)),
  }),
  route({
    ...{ method: "POST", path: "/api/v1/syncs/{name}/pause", tag: TAG, scope: "run", params: ONE_SYNC, query: NOTHING },
    summary: "No schedule starts it any more until it is resumed; whoever asks for a run still gets one.",
    body: null,
    answers: { 200: shapes.sync },
    act: "pause",
    answer: (call) => withSync(call, (sync) => pause(call, sync, true)),
  }),
  route({
    ...{
      method: "POST",
      path: "/api/v1/syncs/{name}/resume",
      tag: TAG,
      scope: "run",
      params: ONE_SYNC,
      query: NOTHING,
    },
    summary: "Its schedule starts it again, from its next time on.",
    body: null,
    answers: { 200: shapes.sync },
    act: "resume",
    answer: (call) => withSync(call, (sync) => pause(call, sync, false)),
  }),
  route({
    ...{
      method: "GET",
      path: "/api/v1/syncs/{name}/rows/{key}",
      tag: TAG,
      scope: "values",
      query: NOTHING,
      body: null,
    },
    summary: "One row's story: what was accepted, what was planned, why it waits. The key as `sluice why` takes it.",
    params: z.strictObject({ name: z.string(), key: z.string() }),
    answers: { 200: z.looseObject({ sync: z.string(), key: z.string() }) },
    answer: (call) => withSync(call, (sync, project) => story(call.parts, project, sync, call.params.key)),
  }),
];

type SyncCall = Call<{ name: string }, unknown, unknown>;

async function withSync(
  { parts, caller, params }: SyncCall,
  answer: (sync: Sync, project: Project) => Promise<Answer>,
): Promise<Answer> {
  const { project } = parts.live.current();
  const sync = project.syncs.get(params.name);
  return sync === undefined || !maySee(caller, params.name) ? unknownSync(params.name) : answer(sync, project);
}

async function oneSync(parts: ApiParts, sync: Sync): Promise<Answer> {
  const [last] = await parts.state.runs({ sync: sync.name, limit: 1 });
  return ok(syncJson(parts, sync, (await parts.state.schedule(sync.name)) ?? undefined, last));
}

async function pause({ parts, caller }: SyncCall, sync: Sync, paused: boolean): Promise<Answer> {
  await parts.state.putSchedule(sync.name, { paused, pausedBy: paused ? caller.name : null });
  const kind = paused ? "sync.paused" : "sync.resumed";
  parts.events.tell({ kind, sync: sync.name, run: null, detail: { by: caller.name } });
  return oneSync(parts, sync);
}

async function story(parts: ApiParts, project: Project, sync: Sync, key: string): Promise<Answer> {
  const keyParts = project.models.get(sync.model)?.primaryKey.length ?? 1;
  const stored = keyFromInput(key, keyParts);
  const { planner } = parts.live.current().bench;
  const told = await tellStory(project, parts.state, sync.name, stored, (name, row) => planner.entry(name, row));
  return ok({ sync: sync.name, key: keyText(stored, keyParts), ...storyJson(told) });
}

function syncJson(
  parts: ApiParts,
  sync: Sync,
  record: ScheduleRecord | undefined,
  last: RunRecord | undefined,
): z.input<typeof shapes.sync> {
  const { name, description, owner, tags, model, connection, object, schedule } = sync;
  return {
    ...{ name, description, owner, tags: [...tags], model, connection, object },
    schedule: schedule === null ? null : scheduleText(schedule),
    next_at: isoTime(record?.nextAt ?? null),
    paused: record?.paused ?? false,
    paused_by: record?.pausedBy ?? null,
    passed: record?.passed ?? null,
    running: parts.active.get(name)?.run ?? null,
    looks_again_at: isoTime(parts.waits.get(name)?.nextAt ?? null),
    last_run: last === undefined ? null : (runJson(last) as z.input<typeof shapes.run>),
  };
}
