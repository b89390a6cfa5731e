import { z } from "zod";
import { isoTime } from "../../../core/run-json.ts";
import type { ServiceEvent } from "../../events.ts";
import { maySee } from "../caller.ts";
import { refusal, wholeTokenNeeded } from "../refusal.ts";
import { ok, type Route, route } from "../route.ts";

const TAG = "service";
const NOTHING = z.strictObject({});
/** A comment now and then tells proxies and readers that the stream lives. */
const HEARTBEAT_MS = 15_000;

export const serviceRoutes: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/api/v1/events", tag: TAG, scope: "read", params: NOTHING, body: null },
    summary: "What happens, as server-sent events; `Last-Event-ID` goes on where a lost connection stopped.",
    query: z.strictObject({ sync: z.string().optional(), run: z.string().optional() }),
    reads: { "Last-Event-ID": "The last event that was seen; what came after it comes again." },
    answers: { 200: "text/event-stream" },
    answer: async ({ parts, caller, query, headers, signal }) => {
      const after = Number(headers["last-event-id"] ?? Number.NaN);
      const isWanted = (event: ServiceEvent): boolean =>
        (event.sync === null || maySee(caller, event.sync)) &&
        (query.sync === undefined || event.sync === query.sync) &&
        (query.run === undefined || event.run === query.run);
      return {
        stream: (write) => {
          write("retry: 2000\n\n");
          const leave = parts.events.listen(Number.isSafeInteger(after) ? after : null, (event) => {
            if (isWanted(event)) write(eventText(event));
          });
          const beat = async (): Promise<void> => {
            while (!signal.aborted) {
              await parts.clock.sleep(HEARTBEAT_MS, signal).catch(() => undefined);
              if (!signal.aborted) write(": still here\n\n");
            }
          };
          void beat();
          return leave;
        },
      };
    },
  }),
  route({
    ...{ method: "GET", path: "/health/live", tag: TAG, scope: null, params: NOTHING, query: NOTHING, body: null },
    summary: "The process answers.",
    answers: { 200: z.object({ ok: z.boolean() }) },
    answer: async () => ok({ ok: true }),
  }),
  route({
    ...{ method: "GET", path: "/health/ready", tag: TAG, scope: null, params: NOTHING, query: NOTHING, body: null },
    summary: "State and doorbell answer, and rings are taken in time.",
    answers: { 200: z.object({ ok: z.boolean(), lag_ms: z.number() }) },
    answer: async ({ parts }) => {
      const { lagMs } = await parts.bell.stats();
      if (lagMs <= READY_LAG_MS) return ok({ ok: true, lag_ms: lagMs });
      return refusal(503, "LAGGING", `work waits for ${Math.round(lagMs / 1000)} s`, "look at /metrics and the log");
    },
  }),
  route({
    ...{ method: "GET", path: "/metrics", tag: TAG, scope: "read", params: NOTHING, query: NOTHING, body: null },
    summary: "For Prometheus.",
    answers: { 200: "text/plain" },
    answer: async ({ parts, caller }) => {
      if (caller.syncs !== null) return wholeTokenNeeded();
      const { type, text } = await parts.metricsText();
      return { status: 200, body: text, type };
    },
  }),
];

const READY_LAG_MS = 10 * 60_000;

function eventText({ id, atMs, kind, sync, run, detail }: ServiceEvent): string {
  return `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify({ at: isoTime(atMs), sync, run, ...detail })}\n\n`;
}
