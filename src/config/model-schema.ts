import { z } from "zod";
import { descriptionText, filledText, freeMap, notYet, tagList, timezoneName } from "./schema-parts.ts";

/** The front matter of one file below models/. */
export const modelSchema = z
  .strictObject({
    connection: filledText
      .meta({ description: "The warehouse connection; needed where there are several." })
      .optional(),
    primary_key: z
      .union([filledText, z.array(filledText).min(1)])
      .meta({ description: "The column, or columns, that name a row across runs." })
      .optional(),
    description: descriptionText.optional(),
    tags: tagList.optional(),
    timezone: timezoneName.meta({ description: "Whose clock timestamps without a zone mean." }).optional(),
    meta: freeMap.optional(),
    incremental: notYet("Reads only rows that are newer than a cursor.").optional(),
  })
  .meta({ title: "Sluice model", description: "The front matter of one file below models/." });

export const MODEL_OTHER_NAMES: Readonly<Record<string, string>> = {
  key: "primary_key",
  unique_key: "primary_key",
  id: "primary_key",
  warehouse: "connection",
  labels: "tags",
};
