import { z } from "zod";

/** Where a page goes on: opaque to callers, the last id or number of the page before to us. */
export function cursorOf(place: string | number): string {
  return Buffer.from(String(place)).toString("base64url");
}

/** Reads a cursor whose place fits `shape`; anything else is told to the caller. */
export function cursorText(shape: RegExp) {
  return z
    .string()
    .max(100)
    .transform((text, context) => {
      const place = Buffer.from(text, "base64url").toString();
      if (shape.test(place)) return place;
      context.addIssue({ code: "custom", message: "is no cursor of this list: take `next` of the page before" });
      return z.NEVER;
    })
    .optional();
}

/** `?limit=`: whole, at least 1, never more than the list gives at once. */
export function limitNumber(most: number, usual: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(1).max(most))
    .default(usual);
}
