import { z } from "zod";
import { ALERT_EVENTS } from "../contract/project.ts";
import { filledText } from "./schema-parts.ts";

const WHERE = `A reference such as "\${env:NAME}". It may be written out for this machine, and for a webhook with a secret.`;

const endpointKeys = {
  secret: filledText
    .meta({
      secret: true,
      description: "Signs the body: HMAC-SHA256 over its bytes, in the header X-Sluice-Signature. A reference.",
    })
    .optional(),
  allow_private: z
    .boolean()
    .meta({ description: "true: it may be in a private network, also without https." })
    .optional(),
};

/** One entry of `alerts:` in sluice.yml. */
export const alertSchema = z.strictObject({
  type: z.enum(["slack", "webhook"]).meta({ description: "slack: an incoming webhook of Slack; webhook: JSON." }),
  url: filledText.meta({ secret: true, description: `Where to. ${WHERE}` }),
  on: z
    .array(z.enum(ALERT_EVENTS))
    .min(1)
    .meta({ description: "Of what it tells: failed, partial, held, recovered; default: all four." })
    .optional(),
  ...endpointKeys,
});

/** `on_success:` of a sync. */
export const onSuccessSchema = z
  .strictObject({
    webhook: filledText.meta({ secret: true, description: `Where to. ${WHERE}` }),
    ...endpointKeys,
  })
  .meta({
    description: "A call with the run's counts after each run that succeeded, so that something else can go on.",
  });

export type AlertFile = z.infer<typeof alertSchema>;
export type OnSuccessFile = z.infer<typeof onSuccessSchema>;
