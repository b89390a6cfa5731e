import { z } from "zod";
import { GUARDS } from "../../contract/project.ts";
import { ACTIONS, RUN_STATES } from "../../contract/run.ts";

/** What the API answers, as its OpenAPI document says it. Times are UTC, ISO 8601 with ms. */
const time = z.iso.datetime();
const count = z.int().min(0);

export const modelCounts = z.object({
  read: count,
  invalid: count,
  unchanged: count,
  waiting: count,
  added: count,
  changed: count,
  removed: count,
});

const operationCounts = z.object({
  applied: count,
  altered: count.meta({ description: "Of the applied: kept in another form." }),
  skipped: count,
  superseded: count,
  suppressed: count,
  transferred: count,
  rejected: count,
  deferred: count,
  cancelled: count,
});

export const guard = z.object({
  guard: z.enum(GUARDS),
  held: z.boolean(),
  value: z.number(),
  of: z.number(),
  limit: z.string(),
  field: z.string().optional(),
});

export const run = z
  .object({
    id: z.string(),
    sync: z.string(),
    model: z.string(),
    action: z.enum(ACTIONS),
    state: z.enum(RUN_STATES),
    reason: z.string().nullable(),
    code: z.string().nullable(),
    counts: modelCounts.nullable(),
    planned: count,
    forecast: z
      .object({
        calls: count,
        lookups: count,
        seconds: z.number(),
        quota_left: z.number().nullable(),
        creates: count,
        creates_are_exact: z.boolean(),
      })
      .nullable(),
    operations: z.record(z.string(), operationCounts),
    created: count,
    adopted: count,
    new_rejected: count,
    new_invalid: count,
    guards: z.array(guard),
    calls: count,
    throttled: count,
    waited_ms: count,
    bytes_out: count,
    peak_rss_bytes: count,
    trigger: z.string(),
    resumes: count,
    resume_at: time.nullable().meta({
      description:
        "When a paused run goes on, a queued one begins, or one that failed for want of calls is begun again.",
    }),
    started_at: time.nullable(),
    ended_at: time.nullable(),
  })
  .meta({ id: "Run" });

export const problem = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: "Stable; decide by it." }),
    detail: z.string(),
    fix: z.string().nullable(),
    problems: z
      .array(
        z.object({
          severity: z.enum(["error", "warning"]),
          file: z.string(),
          line: z.int(),
          column: z.int(),
          code: z.string(),
          message: z.string(),
          fix: z.string().nullable(),
        }),
      )
      .optional(),
  })
  .meta({ id: "Problem" });

export const next = z.string().nullable().meta({ description: "Cursor of the next page; null on the last." });

export const sync = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    owner: z.string().nullable(),
    tags: z.array(z.string()),
    model: z.string(),
    connection: z.string(),
    object: z.string(),
    schedule: z.string().nullable().meta({ description: "In words; null where nothing starts it by itself." }),
    next_at: time.nullable(),
    paused: z.boolean(),
    paused_by: z.string().nullable(),
    passed: z.string().nullable().meta({ description: "Why the last scheduled start began no run." }),
    running: z.string().nullable().meta({ description: "The run at work." }),
    looks_again_at: time
      .nullable()
      .meta({ description: "An unfinished run could not go on yet: when that is tried again. Its reason says why." }),
    last_run: run.nullable(),
  })
  .meta({ id: "Sync" });

export const rowGroup = z
  .object({
    state: z.string(),
    code: z.string().nullable(),
    field: z.string().nullable(),
    count,
    examples: z
      .array(z.object({ key: z.string().nullable(), message: z.string().nullable() }))
      .meta({ description: "Only for callers with the scope `values`." }),
  })
  .meta({ id: "RowGroup" });

export const planRow = z
  .object({
    seq: count,
    key: z.string(),
    change: z.enum(["added", "changed", "removed"]),
    operation: z.string(),
    record: z.string().nullable(),
    adopted: z.boolean(),
    skipped: z.string().nullable(),
    fields: z.array(z.object({ field: z.string(), old: z.string().nullable(), new: z.string().nullable() })),
  })
  .meta({ id: "PlanRow" });
