import { z } from "zod";
import { alertSchema } from "./alert-schema.ts";
import { constantValue, filledText, nameText, notYet, timezoneName } from "./schema-parts.ts";
import { sharedKeys } from "./sync-schema.ts";
import { triggerSchema } from "./trigger-schema.ts";

const connectionMap = z.record(z.string(), z.unknown());
const connections = z.record(nameText, connectionMap);
const vars = z.record(nameText, constantValue).meta({ description: `Values for \${var:NAME} in SQL and settings.` });
const state = z
  .strictObject({
    url: filledText
      .meta({ description: "sqlite:PATH, relative to the project. Default: .sluice/state.db." })
      .optional(),
  })
  .meta({ description: "Where runs and results are recorded." });

const environment = z.strictObject({
  connections: connections.meta({ description: "Settings that replace those of the connections above." }).optional(),
  vars: vars.optional(),
  state: state.optional(),
  schedules: z.enum(["on", "off"]).meta({ description: "off: nothing runs by itself here." }).optional(),
  alerts: z.enum(["on", "off"]).meta({ description: "off: nobody is told of runs here, nor of successes." }).optional(),
});

/** sluice.yml. */
export const projectSchema = z
  .strictObject({
    version: z.literal(1).meta({ description: "The version of this file's format: 1." }).optional(),
    timezone: timezoneName.meta({ description: "Whose day a timestamp means when it becomes a date." }).optional(),
    connections: connections
      .meta({ description: `Accounts of systems by name; secrets only as \${env:NAME} or \${file:PATH}.` })
      .optional(),
    environments: z
      .record(nameText, z.union([environment, z.null()]))
      .meta({ description: "Each overlays connections, vars, state and schedules; the first is the default." })
      .optional(),
    vars: vars.optional(),
    state: state.optional(),
    defaults: z
      .strictObject(sharedKeys)
      .meta({ description: "Keys for every sync that does not set them." })
      .optional(),
    planner: z
      .enum(["local", "warehouse"])
      .meta({ description: "Where changes are computed: local (default); warehouse is not yet available." })
      .optional(),
    alerts: z
      .record(nameText, alertSchema)
      .meta({ description: "Whom to tell of syncs that failed, ended in part, are held, or recovered; by name." })
      .optional(),
    triggers: z
      .record(nameText, triggerSchema)
      .meta({ description: "Signed calls to the service that start runs: POST /api/v1/triggers/NAME; by name." })
      .optional(),
    keep: z
      .strictObject({
        runs: z
          .int()
          .min(1)
          .meta({ description: "The newest runs of each sync that stay: 30 where not said." })
          .optional(),
        days: z.int().min(0).meta({ description: "Days for which all runs stay: 30 where not said." }).optional(),
      })
      .meta({ description: "How long runs, their plans and their notes are kept; plans hold people's data." })
      .optional(),
    keep_plans: notYet("Say keep: { runs, days }.").optional(),
  })
  .meta({ title: "Sluice project", description: "sluice.yml" });

export type ProjectFile = z.infer<typeof projectSchema>;
