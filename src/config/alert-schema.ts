import { z } from "zod";
import { ALERT_EVENTS, SEVERITIES } from "../contract/project.ts";
import { filledText, ownerText } from "./schema-parts.ts";

const WHERE = `A reference such as "\${env:NAME}". It may be written out for this machine, and for a webhook with a secret.`;

const allowPrivate = z
  .boolean()
  .meta({ description: "true: it may be in a private network, also without TLS." })
  .optional();

const endpointKeys = {
  secret: filledText
    .meta({
      secret: true,
      description: "Signs the body: HMAC-SHA256 over its bytes, in the header X-Sluice-Signature. A reference.",
    })
    .optional(),
  allow_private: allowPrivate,
};

const filterKeys = {
  on: z
    .array(z.enum(ALERT_EVENTS))
    .min(1)
    .meta({ description: `Of what it tells: ${ALERT_EVENTS.join(", ")}; default: all of them.` })
    .optional(),
  severity: z
    .enum(SEVERITIES)
    .meta({
      description:
        "Only what is so grave, and graver: error (failed), warning (partial, held, missed, budget), info (recovered; default).",
    })
    .optional(),
  owners: z
    .array(ownerText)
    .min(1)
    .meta({ description: "Only of syncs with one of these as their owner; default: of all." })
    .optional(),
};

const hookKeys = {
  url: filledText.meta({ secret: true, description: `Where to. ${WHERE}` }),
  ...filterKeys,
  ...endpointKeys,
};

const mailKeys = {
  smtp: filledText.meta({
    secret: true,
    description: `smtps://USER:PASSWORD@HOST:465, or smtp://HOST:587 with STARTTLS. A reference such as "\${env:SMTP_URL}".`,
  }),
  from: filledText.meta({ description: `The sender: "Sluice <sluice@example.com>".` }),
  to: z
    .union([filledText, z.array(filledText).min(1).max(50)])
    .meta({ description: "Addresses; or owner: each sync's own owner, where that is an address." }),
  ...filterKeys,
  allow_private: allowPrivate,
};

/** One entry of `alerts:` in sluice.yml. */
export const alertSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("slack").meta({ description: "An incoming webhook of Slack." }),
    ...hookKeys,
  }),
  z.strictObject({ type: z.literal("webhook").meta({ description: "JSON to an address of yours." }), ...hookKeys }),
  z.strictObject({ type: z.literal("email").meta({ description: "Mail as plain text." }), ...mailKeys }),
]);

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
export type MailAlertFile = Extract<AlertFile, { type: "email" }>;
export type OnSuccessFile = z.infer<typeof onSuccessSchema>;
