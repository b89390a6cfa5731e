import { z } from "zod";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname));
}

export const hubspotConfig = z.strictObject({
  access_token: z.string().min(1).meta({
    secret: true,
    description: "Service key, or access token of a private app, as a reference to an environment variable or a file.",
  }),
  base_url: z
    .url()
    .refine(isSafe, "must be https, or http on this machine only (127.0.0.1, localhost)")
    .meta({ description: "Another address of the API, such as a sandbox: http://127.0.0.1:4010." })
    .optional(),
});

export type HubspotConfig = z.infer<typeof hubspotConfig>;
