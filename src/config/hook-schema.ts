import { z } from "zod";
import { duration, filledText } from "./schema-parts.ts";

const HEADER_RULE = "must be the name of a header, and none that the call sets itself";
const headerName = z
  .string()
  .regex(
    /^(?!(?:host|connection|content-length|content-type|transfer-encoding|user-agent)$)[a-z0-9-]{1,64}$/i,
    HEADER_RULE,
  );

const headers = z
  .record(headerName, filledText)
  .meta({ secret: true, description: `Headers and their values; what is secret in them as "\${env:NAME}".` });

const PATH_RULE = "must be a path of names with dots between them, such as data.id";
const dotPath = z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, PATH_RULE);

const states = z.array(z.union([filledText, z.number(), z.boolean()])).min(1);

const waitFor = z
  .strictObject({
    url: filledText.meta({ secret: true, description: "What is asked: https://…/runs/{id}; {id} is the answer's." }),
    id: dotPath.meta({ description: "Where the id stands in the answer to the call: data.id." }).optional(),
    status: dotPath.meta({ description: "Where the state stands in what the URL answers: data.status." }),
    success: states.meta({ description: "States that mean that it went well." }),
    failure: states.meta({ description: "States that mean that it failed; any other: it is not over." }).optional(),
    headers: headers.optional(),
    every: duration.meta({ description: "Time between two questions: 10s where not said." }).optional(),
    timeout: duration.meta({ description: "After so long it counts as failed: 1h where not said." }).optional(),
  })
  .meta({ description: "Waits for the end of what the call started." });

const webhook = z.strictObject({
  webhook: filledText.meta({
    secret: true,
    description: `Where to. A reference such as "\${env:NAME}", or written out where a secret or a header is the key.`,
  }),
  method: z.enum(["POST"]).meta({ description: "POST." }).optional(),
  headers: headers.optional(),
  body: z
    .record(z.string(), z.unknown())
    .meta({ secret: true, description: "What is sent, as JSON; default: the sync, its run, and how that ended." })
    .optional(),
  secret: filledText
    .meta({
      secret: true,
      description: "Signs the body: HMAC-SHA256 over its bytes, in the header X-Sluice-Signature. A reference.",
    })
    .optional(),
  allow_private: z
    .boolean()
    .meta({ description: "true: it may be in a private network, also without TLS." })
    .optional(),
  wait_for: waitFor.optional(),
});

const HOST_RULE = "must be a host name, such as cloud.getdbt.com";
const dbtCloud = z.strictObject({
  dbt_cloud: z
    .strictObject({
      account: z.int().min(1).meta({ description: "The number of the account." }),
      job: z.int().min(1).meta({ description: "The number of the job." }),
      token: filledText.meta({ secret: true, description: `A service token: "\${env:DBT_TOKEN}".` }),
      host: z
        .string()
        .regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/i, HOST_RULE)
        .meta({ description: "The host of the account's API: cloud.getdbt.com where not said." })
        .optional(),
      timeout: duration.meta({ description: "After so long the job counts as failed: 1h where not said." }).optional(),
    })
    .meta({ description: "Starts a job of dbt Cloud and waits for its end." }),
});

const hook = z.union([webhook, dbtCloud]);
const list = z.array(hook).min(1).max(20);

/** `hooks:` of a sync. */
export const hooksSchema = z
  .strictObject({
    before: list
      .meta({ description: "In order before a run plans; one that fails ends the run as failed, with nothing sent." })
      .optional(),
    after: list
      .meta({ description: "In order after a run that succeeded, also in part; they never change how it ended." })
      .optional(),
  })
  .meta({
    description:
      "Calls around each run of sluice serve: scheduled, triggered or asked for by the API. A command such as sluice run calls none, unless a service is at work on the project and does the run.",
  });

export type HookFile = z.infer<typeof hook>;
export type WebhookFile = z.infer<typeof webhook>;
export type DbtCloudFile = z.infer<typeof dbtCloud>["dbt_cloud"];
