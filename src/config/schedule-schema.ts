import { z } from "zod";
import { AFTER_STATES } from "../contract/schedule.ts";
import { duration, filledText, nameText, timezoneName } from "./schema-parts.ts";

/** In the order of their numbers, 0 first. */
export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const CLOCK_RULE = 'must be a time of day in quotes, such as "08:00"';
const timeOfDay = z.string(CLOCK_RULE).regex(/^([01]\d|2[0-3]):[0-5]\d$/, CLOCK_RULE);
const endOfDay = z.string(CLOCK_RULE).regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, CLOCK_RULE);

const names = z.array(nameText).min(1);

const after = z.union([
  nameText,
  names,
  z.strictObject({
    syncs: z.union([nameText, names]).meta({ description: "The syncs that it comes after; all must have ended." }),
    on: z
      .enum(AFTER_STATES)
      .meta({ description: "How they must have ended: success (default), partial (or success), always." })
      .optional(),
  }),
]);

const blackout = z.strictObject({
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .meta({ description: "The days on which it begins: mon, tue, …; default: every day." })
    .optional(),
  from: timeOfDay.meta({ description: 'Its beginning, such as "08:00".' }),
  to: endOfDay.meta({ description: 'Its end, such as "18:00" or "24:00"; not later than from: on the next day.' }),
});

const when = z
  .strictObject({
    sql: filledText.meta({ description: "A query whose one value must be true." }).optional(),
    connection: nameText
      .meta({ description: "The warehouse that answers the query; default: the model's own." })
      .optional(),
    file: filledText.meta({ description: "A file of the project that must be there." }).optional(),
  })
  .refine(({ sql, file }) => (sql === undefined) !== (file === undefined), "needs sql or file, one of the two")
  .refine(({ connection, file }) => connection === undefined || file === undefined, "needs no connection for a file");

export const scheduleSchema = z
  .strictObject({
    cron: z
      .string()
      .meta({ description: "Five fields: minute, hour, day of month, month, day of week; or @hourly, @daily, …" })
      .optional(),
    timezone: timezoneName
      .meta({ description: "Whose clock cron and blackout mean; default: timezone of sluice.yml, else UTC." })
      .optional(),
    every: duration.meta({ description: "Time between two starts: 15m, 24h; at least 1m." }).optional(),
    after: after
      .meta({ description: "Starts once all of these syncs have ended: a name, a list, or { syncs, on }." })
      .optional(),
    jitter: duration
      .meta({ description: "Puts each start off by up to so much, so that not all go at once: 5m." })
      .optional(),
    blackout: z
      .array(blackout)
      .min(1)
      .meta({ description: "Times without a start; one that would be is put off to the end." })
      .optional(),
    when: z
      .array(when)
      .min(1)
      .meta({ description: "Checks that must all hold when a start is due; where one does not, that start passes." })
      .optional(),
  })
  .meta({ description: "When it starts by itself under sluice serve: one of cron, every, after." });

export type ScheduleSetting = z.infer<typeof scheduleSchema>;
