/** A number in [0, 1) that is always the same for a text and looks like chance. For spreading things out, never for secrets. */
export function fractionOf(text: string): number {
  // FNV-1a over UTF-16 units.
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // Names that differ in their last letter alone would lie close together without this.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
