import { createHash } from "node:crypto";
import type { RemoteObject } from "../contract/destination.ts";
import type { PlanRow } from "../contract/plan.ts";

/**
 * A refusal is remembered with the row's hash and with how the refused field was described. A change of either makes the
 * row worth trying at once (S17).
 */
export const rejectHash = {
  of: (object: RemoteObject, row: PlanRow, field: string | null): string | null =>
    row.hash === null ? null : `${row.hash}:${fieldPrint(object, field)}`,
  /** The row's part where the field is described as it was; null where it is not. */
  rowPart: (stored: string | null, object: RemoteObject, field: string | null): string | null => {
    const [hash, print] = stored?.split(":") ?? [];
    return hash !== undefined && print === fieldPrint(object, field) ? hash : null;
  },
};

function fieldPrint(object: RemoteObject, field: string | null): string {
  const info = field === null ? undefined : object.fields.get(field);
  if (info === undefined) return "-";
  const text = JSON.stringify([
    info.type,
    info.vendorType,
    info.creatable,
    info.updatable,
    info.unique,
    info.maxLength,
    info.options,
  ]);
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
