import type { RemoteField } from "../contract/destination.ts";

/** The form in which two match values of a field are equal exactly when the vendor takes them for one. */
export function matchForm(form: RemoteField["matchForm"], text: string): string {
  return form === "lower" ? text.trim().toLowerCase() : text;
}
