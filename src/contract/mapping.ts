import type { DependentOptions, RemoteField } from "./destination.ts";
import type { FieldMapping } from "./project.ts";
import type { Column, FieldType } from "./value.ts";

/** The row's own value of the field `by` decides. Where the sync gives that field a constant, the options are a plain list. */
export type CompiledOptions = Omit<DependentOptions, "field"> & { readonly by: CompiledField };

/** One field of the payload, with all that the planner needs to make and check its value. */
export type CompiledField = {
  readonly field: string;
  readonly type: FieldType;
  readonly from: { readonly column: Column } | { readonly value: string };
  /** For a timestamp without zone, and for timestamp → date: whose clock. */
  readonly timezone: string | null;
  readonly options: readonly string[] | CompiledOptions | null;
  readonly maxLength: number | null;
  readonly onNull: FieldMapping["onNull"];
  readonly onBlank: FieldMapping["onBlank"];
};

export type CompiledMatch = {
  readonly field: string;
  readonly column: Column;
  readonly matchForm: RemoteField["matchForm"];
};

export type CompiledMapping = {
  readonly primaryKey: readonly Column[];
  readonly fields: readonly CompiledField[];
  /** In the sync's order; the first entry has one field where the destination upserts. */
  readonly match: readonly (readonly CompiledMatch[])[];
  readonly sendTogether: readonly (readonly string[])[];
};
