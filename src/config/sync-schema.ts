import { z } from "zod";
import { BLANK_POLICIES, GUARDS, NULL_POLICIES, PRIORITIES } from "../contract/project.ts";
import { onSuccessSchema } from "./alert-schema.ts";
import { hooksSchema } from "./hook-schema.ts";
import { scheduleSchema } from "./schedule-schema.ts";
import {
  constantValue,
  descriptionText,
  duration,
  filledText,
  freeMap,
  nameText,
  notYet,
  ownerText,
  sharePercent,
  tagList,
} from "./schema-parts.ts";

const onNull = z
  .enum(NULL_POLICIES)
  .meta({ description: "What a null does: clear_ours (default) clears a value that this sync wrote; write; skip." });
const onBlank = z
  .enum(BLANK_POLICIES)
  .meta({ description: "What an empty text does: as_null (default), write or skip." });

const part = <T extends z.ZodType>(of: T, description: string) => z.union([z.literal("off"), of]).meta({ description });
const shareValue = z.union([sharePercent, z.number().min(0).max(1)]);
const guardMap = z.strictObject({
  rows: part(z.int().min(0), "Held only over this many rows.").optional(),
  share: part(shareValue, "Held only over this share: 5% or 0.05.").optional(),
  max: part(z.int().min(0), "Held over this many rows, whatever the share.").optional(),
});
const guard = z.union([z.literal("off"), z.int().min(0), sharePercent, guardMap]);

const GUARD_WORDS: Readonly<Record<(typeof GUARDS)[number], string>> = {
  removed: "Removals: default over 5 rows and 5%, or over 500 rows.",
  empty: "A model without rows over a snapshot with rows.",
  changed: "Changed rows: default over 500 rows and 30%.",
  cleared: "Values that become null, per field: default over 20 rows and 2%.",
  created: "New records: default over 1000.",
  failed: "Invalid and rejected rows: default over 20% after 200 rows.",
};
const guardKeys = Object.fromEntries(
  GUARDS.map((name) => [
    name,
    guard
      .meta({ description: `${GUARD_WORDS[name]} off, a number of rows, a share, or {rows, share, max}.` })
      .optional(),
  ]),
) as { [name in (typeof GUARDS)[number]]: z.ZodOptional<typeof guard> };

const guards = z
  .union([
    z.literal("off"),
    z.strictObject({
      ...guardKeys,
      partial: z
        .boolean()
        .meta({ description: "true: a guard holds only the rows it speaks of, and the rest of the plan goes out." })
        .optional(),
    }),
  ])
  .meta({ description: "Limits above which a run stops and asks; off switches all of them off." });

const removal = z.union([
  z.enum(["none", "clear", "archive", "delete"]),
  z.strictObject({
    set: z
      .record(filledText, constantValue)
      .refine((fields) => Object.keys(fields).length > 0, "needs at least one field")
      .meta({ description: "Fields and the values they get." }),
  }),
]);

const field = z.union([
  filledText,
  z.strictObject({
    column: filledText.meta({ description: "The model's column." }),
    on_null: onNull.optional(),
    on_blank: onBlank.optional(),
  }),
  z.strictObject({ value: constantValue.meta({ description: "The same value for every row." }) }),
  z.strictObject({
    lookup: notYet("Finds another record and takes its id."),
    on_missing: z.unknown().optional().meta({ description: "What to do where the lookup finds nothing." }),
  }),
]);

const matchEntry = z
  .record(filledText, filledText)
  .refine((fields) => Object.keys(fields).length > 0, "needs at least one field: { field: column }");

/** Keys that `defaults:` of sluice.yml may set for every sync. */
export const sharedKeys = {
  owner: ownerText.optional(),
  on_null: onNull.optional(),
  on_blank: onBlank.optional(),
  on_ambiguous: z
    .enum(["reject", "oldest", "newest"])
    .meta({ description: "Which record is meant where several match: reject (default), oldest or newest." })
    .optional(),
  on_duplicate_match: z
    .union([
      z.literal("reject"),
      z.strictObject({
        keep: z
          .enum(["latest", "linked"])
          .meta({ description: "latest by a column, or the row that is linked already." }),
        by: filledText.meta({ description: "The column whose greatest value wins, for keep: latest." }).optional(),
      }),
    ])
    .meta({ description: "What to do with several rows of one match value: reject (default) or keep one." })
    .optional(),
  on_missing_record: z
    .enum(["skip", "rematch", "recreate"])
    .meta({ description: "What to do where a linked record is gone: rematch (default for upsert), skip, recreate." })
    .optional(),
  guards: guards.optional(),
  priority: z
    .enum(PRIORITIES)
    .meta({ description: "Whose calls go first where several syncs wait for one account." })
    .optional(),
  tolerate: z
    .strictObject({
      rejected: sharePercent.meta({ description: "Share of rejected rows that is still a success." }).optional(),
      codes: z.array(filledText).meta({ description: "Only rejects with these codes count as known." }).optional(),
    })
    .meta({ description: "Known rejects that do not make a run partial; they stay listed." })
    .optional(),
  alerts: z
    .array(nameText)
    .meta({ description: "Only these alerts of sluice.yml tell of it; default: every one; []: none." })
    .optional(),
  on_success: onSuccessSchema.optional(),
  on_mapping_change: z
    .enum(["backfill", "forward_only"])
    .meta({
      description:
        "backfill (default) sends a newly mapped field of every row; forward_only lets it go with rows that change.",
    })
    .optional(),
  suppress: filledText
    .meta({ description: "A model of people never to be sent, by the primary key or a match column of the sync." })
    .optional(),
  recheck_unmatched: duration
    .meta({ description: "After how long a row without a record is looked up again; only 24h so far." })
    .optional(),
  schedule: scheduleSchema.optional(),
};

/** One file below syncs/. Everything is optional here: `extends` and `defaults` may bring it. */
export const syncSchema = z
  .strictObject({
    extends: filledText
      .regex(/^_[^/\\]*\.ya?ml$/, "must be the name of a file that starts with _, such as _crm.yml")
      .meta({ description: "A file _NAME.yml in the same folder or in syncs/ whose keys are taken over." })
      .optional(),
    model: z
      .union([filledText, z.record(z.string(), z.unknown())])
      .meta({ description: "The model whose rows are sent." })
      .optional(),
    description: descriptionText.optional(),
    tags: tagList.optional(),
    meta: freeMap.optional(),
    destination: z
      .strictObject({
        connection: filledText.meta({ description: "A connection of sluice.yml." }).optional(),
        object: filledText.meta({ description: "The kind of record there: contacts, companies, …" }).optional(),
      })
      .meta({ description: "Where the rows go." })
      .optional(),
    write: z
      .enum(["upsert", "update", "insert", "append"])
      .meta({ description: "upsert (default), update or insert; append is not yet available." })
      .optional(),
    match: z
      .union([matchEntry, z.array(matchEntry).min(1)])
      .meta({
        description: "How the record of a row is found: a list of { field: column }; the first that finds one wins.",
      })
      .optional(),
    on_removed: removal
      .meta({ description: "What happens when a row leaves the model: none (default), clear, {set}, archive, delete." })
      .optional(),
    on_removed_adopted: removal
      .meta({
        description: "The same for records that were there before: archive or delete must be said here to touch them.",
      })
      .optional(),
    allow_cascade: z
      .boolean()
      .meta({
        description: "Allows on_removed: archive or delete of records that carry others with them, such as accounts.",
      })
      .optional(),
    fields: z.record(filledText, field).meta({ description: "Maps destination fields to model columns." }).optional(),
    send_together: z
      .array(z.array(filledText).min(2))
      .meta({ description: "Groups of fields that always travel together." })
      .optional(),
    hooks: hooksSchema.optional(),
    renamed_from: z
      .union([filledText, z.literal(false)])
      .meta({ description: "The sync's former name, whose snapshot it takes over; false: it had none." })
      .optional(),
    ...sharedKeys,
  })
  .meta({
    title: "Sluice sync",
    description: "One file below syncs/: a model's rows into one object of a destination.",
  });

export type SyncFile = z.infer<typeof syncSchema>;

/** Words of other tools for our keys. */
export const OTHER_NAMES: Readonly<Record<string, string>> = {
  mapping: "fields",
  mappings: "fields",
  columns: "fields",
  properties: "fields",
  source: "model",
  query: "model",
  target: "destination",
  mode: "write",
  identifier: "match",
  match_key: "match",
  on_delete: "on_removed",
  delete: "on_removed",
  cron: "schedule",
  name: "description",
};
