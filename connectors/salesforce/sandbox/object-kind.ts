/** What an object is, apart from its fields and records. */
export type ObjectKind = {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  /** The first three characters of its records' ids. */
  readonly keyPrefix: string;
  readonly isCustom: boolean;
  /** Whether the API lets records be created, changed and deleted; the control calls always may. */
  readonly isWritable: boolean;
  /** Its Name is put together from these fields. */
  readonly nameFrom: readonly string[];
};

export function objectKind(name: string, keyPrefix: string, more: Partial<ObjectKind> = {}): ObjectKind {
  const label = name.replace(/__c$/, "").replaceAll("_", " ");
  const labelPlural = label.endsWith("y") ? `${label.slice(0, -1)}ies` : `${label}s`;
  return { name, label, labelPlural, keyPrefix, isCustom: false, isWritable: true, nameFrom: [], ...more };
}

/** "a00", "a01" … for the custom objects in the order in which they were made. */
export function customKeyPrefix(number: number): string {
  return `a${number.toString(36).padStart(2, "0")}`;
}
