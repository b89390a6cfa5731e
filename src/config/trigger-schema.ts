import { z } from "zod";
import { filledText, nameText } from "./schema-parts.ts";

const keys = {
  secret: z.union([filledText, z.array(filledText).min(1).max(2)]).meta({
    secret: true,
    description: `Signs the call: "\${env:NAME}"; a list of two while one is changed for the other.`,
  }),
  syncs: z.array(nameText).min(1).meta({ description: "The syncs that it starts." }).optional(),
  select: z
    .array(filledText)
    .min(1)
    .meta({ description: "Those that it starts by tag:NAME, connection:NAME or model:NAME." })
    .optional(),
  action: z.enum(["run"]).meta({ description: "What it starts: run." }).optional(),
};

/** One entry of `triggers:` in sluice.yml. */
export const triggerSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("hmac").meta({
      description:
        "X-Sluice-Signature: sha256=HEX is the HMAC-SHA256 of X-Sluice-Timestamp, a dot and the body's bytes.",
    }),
    ...keys,
  }),
  z.strictObject({
    type: z.literal("dbt_cloud").meta({ description: "A webhook of dbt Cloud for jobs that completed." }),
    ...keys,
    jobs: z
      .array(z.union([z.int().min(1), z.string().regex(/^\d{1,20}$/, "must be the number of a job")]))
      .min(1)
      .meta({ description: "Numbers of the jobs whose success starts the syncs; default: every job of the webhook." })
      .optional(),
  }),
]);

export type TriggerFile = z.infer<typeof triggerSchema>;
