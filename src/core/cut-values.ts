import type { Abilities, FindRequest } from "../contract/destination.ts";

/** Values of a lookup in pages that one `find` call takes: by count and by bytes. */
export function cutValues(abilities: Abilities, by: FindRequest["by"], values: readonly string[]): string[][] {
  const size = by !== "recordId" && "fields" in by ? abilities.searchSize(by.fields.length) : abilities.findSize;
  const pages: string[][] = [];
  let bytes = 0;
  for (const value of values) {
    const last = pages.at(-1);
    bytes += Buffer.byteLength(value);
    if (last !== undefined && last.length < size && bytes <= abilities.findBytes) last.push(value);
    else {
      pages.push([value]);
      bytes = Buffer.byteLength(value);
    }
  }
  return pages;
}
