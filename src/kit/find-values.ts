import type { FindRequest } from "../contract/destination.ts";

/** The values of a lookup as lists in the order of `by.fields`, each beside the text that the reply is keyed by. */
export function findValues(
  request: FindRequest,
): readonly { readonly asked: string; readonly values: readonly string[] }[] {
  const isJoined = request.by !== "recordId" && "fields" in request.by && request.by.fields.length > 1;
  return request.values.map((asked) => ({ asked, values: isJoined ? (JSON.parse(asked) as string[]) : [asked] }));
}
