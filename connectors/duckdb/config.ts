import { z } from "zod";

export const duckdbConfig = z.strictObject({
  path: z
    .string()
    .min(1)
    .meta({
      description:
        "The DuckDB file, relative to the project folder; it is opened read-only. Without it SQL reads CSV, Parquet and " +
        "JSON files.",
    })
    .optional(),
  directories: z
    .array(z.string().min(1))
    .meta({
      description:
        "Further folders that SQL may read and that may hold the file; without them only the project folder.",
    })
    .optional(),
});

export type DuckdbConfig = z.infer<typeof duckdbConfig>;
