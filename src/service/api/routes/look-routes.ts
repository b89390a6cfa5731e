import { z } from "zod";
import type { Row } from "../../../contract/value.ts";
import { isoTime } from "../../../core/run-json.ts";
import { checkDestination } from "../../../engine/check-sync.ts";
import type { Workbench } from "../../../engine/workbench.ts";
import { cursorOf, cursorText, limitNumber } from "../cursor.ts";
import { refusal, wholeTokenNeeded } from "../refusal.ts";
import { type Answer, type ApiParts, ok, type Route, route } from "../route.ts";
import * as shapes from "../shapes.ts";

const NOTHING = z.strictObject({});
const ONE = z.strictObject({ name: z.string() });
const PREVIEW_PAGE = 200;

/** What may be looked at beside syncs and runs. */
export const lookRoutes: readonly Route[] = [
  route({
    ...{
      method: "GET",
      path: "/api/v1/models/{name}/preview",
      tag: "models",
      scope: "values",
      params: ONE,
      body: null,
    },
    summary: "The first rows of a model as the warehouse gives them now; every value as text.",
    query: z.strictObject({ limit: limitNumber(PREVIEW_PAGE, 20) }),
    answers: {
      200: z.object({
        model: z.string(),
        columns: z.array(z.object({ name: z.string(), type: z.string() })),
        rows: z.array(z.record(z.string(), z.string().nullable())),
      }),
    },
    answer: async ({ parts, caller, params, query, signal }) => {
      const { project } = parts.live.current();
      const model = project.models.get(params.name);
      const uses = [...project.syncs.values()].filter((sync) => sync.model === params.name).map(({ name }) => name);
      const maySeeIt = caller.syncs === null || uses.some((name) => caller.syncs?.includes(name));
      if (model === undefined || !maySeeIt)
        return refusal(404, "UNKNOWN_MODEL", `there is no model "${params.name}"`, null);
      return onBench(parts, async (bench) => {
        const warehouse = await bench.warehouse(model.connection);
        const columns = await warehouse.describe(model.sql, signal);
        const rows: Row[] = [];
        const first = `select * from (\n${model.sql}\n) as sluice_preview limit ${query.limit}`;
        for await (const page of warehouse.read(first, { pageSize: PREVIEW_PAGE }, signal)) rows.push(...page);
        return ok({
          model: model.name,
          columns: columns.map(({ name, type }) => ({ name, type: String(type) })),
          rows,
        });
      });
    },
  }),
  route({
    ...{ method: "POST", path: "/api/v1/connections/{name}/check", tag: "connections", scope: "admin", params: ONE },
    summary: "Open a connection and say what it reaches and may do there.",
    query: NOTHING,
    body: null,
    answers: { 200: z.object({ connection: z.string(), says: z.string() }) },
    act: "check connection",
    answer: async ({ parts, caller, params, signal }) => {
      if (caller.syncs !== null) return wholeTokenNeeded();
      const { project } = parts.live.current();
      const connection = project.connections.get(params.name);
      if (connection === undefined)
        return refusal(404, "UNKNOWN_CONNECTION", `there is no connection "${params.name}"`, null);
      const isDestination = [...project.syncs.values()].some((sync) => sync.connection === params.name);
      return onBench(parts, async (bench) => {
        const says = isDestination
          ? await checkDestination(bench, params.name, signal)
          : await (await bench.warehouse(params.name)).check(signal);
        return ok({ connection: params.name, says });
      });
    },
  }),
  route({
    ...{
      method: "GET",
      path: "/api/v1/project",
      tag: "service",
      scope: "read",
      params: NOTHING,
      query: NOTHING,
      body: null,
    },
    summary: "Which files are at work, and what is wrong with newer ones that are not.",
    answers: {
      200: z.object({
        environment: z.string(),
        version: z.string(),
        loaded_at: z.iso.datetime().nullable(),
        syncs: z.int(),
        refused: z.object({ at: z.iso.datetime().nullable(), problems: shapes.problem.shape.problems }).nullable(),
      }),
    },
    answer: async ({ parts, caller }) => {
      const { project, loadedAtMs } = parts.live.current();
      const refused = parts.live.refused();
      // They name files of every sync.
      const problems = caller.syncs === null ? refused?.problems : [];
      return ok({
        environment: project.environment,
        version: parts.version,
        loaded_at: isoTime(loadedAtMs),
        syncs: project.syncs.size,
        refused: refused === null ? null : { at: isoTime(refused.atMs), problems },
      });
    },
  }),
  route({
    ...{ method: "POST", path: "/api/v1/project/look", tag: "service", scope: "run", params: NOTHING, query: NOTHING },
    summary: "Look at the files now instead of a moment later.",
    body: null,
    answers: { 200: z.object({ loaded_at: z.iso.datetime().nullable(), refused: z.boolean() }) },
    answer: async ({ parts }) => {
      // Files count once two looks found them the same.
      await parts.live.look();
      await parts.live.look();
      return ok({ loaded_at: isoTime(parts.live.current().loadedAtMs), refused: parts.live.refused() !== null });
    },
  }),
  route({
    ...{ method: "GET", path: "/api/v1/audit", tag: "service", scope: "admin", params: NOTHING, body: null },
    summary: "Every act by token or user, newest first.",
    query: z.strictObject({
      sync: z.string().optional(),
      limit: limitNumber(200, 50),
      cursor: cursorText(/^\d{1,15}$/),
    }),
    answers: {
      200: z.object({
        entries: z.array(
          z.object({
            at: z.iso.datetime().nullable(),
            who: z.string(),
            act: z.string(),
            sync: z.string().nullable(),
            run: z.string().nullable(),
            detail: z.string(),
          }),
        ),
        next: shapes.next,
      }),
    },
    answer: async ({ parts, caller, query: { sync, limit, cursor } }) => {
      if (caller.syncs !== null) return wholeTokenNeeded();
      const beforeId = cursor === undefined ? null : Number(cursor);
      const found = await parts.state.audits({ beforeId, sync: sync ?? null, limit });
      const last = found.length === limit ? found.at(-1) : undefined;
      const entries = found.map(({ at, who, act, sync: of, run, detail }) => ({
        ...{ at: isoTime(at), who, act, sync: of, run, detail },
      }));
      return ok({ entries, next: last === undefined ? null : cursorOf(last.id) });
    },
  }),
];

/** What is open on the project stays so until the answer is there, also where its files change meanwhile. */
async function onBench(parts: ApiParts, look: (bench: Workbench) => Promise<Answer>): Promise<Answer> {
  const { loaded, release } = parts.live.pin();
  try {
    return await look(loaded.bench);
  } finally {
    await release();
  }
}
