import type { IncomingMessage } from "node:http";

/** The body's text, or null where it is longer than `maxBytes` (the rest is drained, not kept) or the caller went away. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string | "too_large" | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on("end", () => resolve(bytes > maxBytes ? "too_large" : Buffer.concat(chunks).toString("utf8")));
    request.on("error", () => resolve(null));
    request.on("close", () => resolve(null));
  });
}
