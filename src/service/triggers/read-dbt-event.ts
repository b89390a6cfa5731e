import { z } from "zod";
import type { Trigger } from "../../contract/trigger.ts";

/**
 * What a webhook of dbt Cloud says: https://docs.getdbt.com/docs/deploy/webhooks. Its button "Test endpoint" sends one without
 * a run's state.
 */
const dbtEvent = z.object({
  eventId: z.string().min(1).max(200),
  eventType: z.string(),
  data: z.object({ jobId: z.union([z.string(), z.number()]).transform(String), runStatusCode: z.unknown().optional() }),
});

const COMPLETED = "job.run.completed";
const SUCCEEDED = "10";

/** The event's id, and why it starts nothing; null where a job that counts has succeeded. */
export function whyNotYet(
  { jobs }: Trigger,
  body: unknown,
): { readonly id: string | null; readonly why: string | null } {
  const read = dbtEvent.safeParse(body);
  if (!read.success) return { id: null, why: "this tells of no run of a job" };
  const { eventId, eventType, data } = read.data;
  if (eventType !== COMPLETED) return { id: null, why: `only ${COMPLETED} starts anything` };
  if (String(data.runStatusCode) !== SUCCEEDED) return { id: null, why: "the job did not succeed" };
  if (jobs !== null && !jobs.includes(data.jobId)) return { id: null, why: "this job is not among the trigger's jobs" };
  return { id: eventId, why: null };
}
