import { z } from "zod";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

export function isLoopback(address: string): boolean {
  return URL.canParse(address) && LOOPBACK.has(new URL(address).hostname);
}

function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && isLoopback(text));
}

/** Salesforce Ids: 15 characters, or 18 with a checksum that survives upper case. */
const RECORD_ID = /^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$/;

const clientId = z.string().min(1).meta({ description: "Consumer key of the External Client App." });

const clientCredentials = z.strictObject({
  flow: z
    .literal("client_credentials")
    .meta({ description: "The app's own secret; it runs as the app's run-as user." }),
  client_id: clientId,
  client_secret: z.string().min(1).meta({
    secret: true,
    description: "Consumer secret, as a reference to an environment variable or a file.",
  }),
});

const jwt = z.strictObject({
  flow: z.literal("jwt").meta({ description: "An assertion signed with a private key (JWT bearer)." }),
  client_id: clientId,
  username: z.string().min(1).meta({ description: "Username of the integration user, such as sluice@acme.example." }),
  private_key: z.string().min(1).meta({
    secret: true,
    description: "Private RSA key (PEM) whose certificate the app holds, as a reference to a variable or a file.",
  }),
});

export const salesforceConfig = z.strictObject({
  login_url: z.url().refine(isSafe, "must be https, or http on this machine only (127.0.0.1, localhost)").meta({
    description: "My Domain of the org: https://acme.my.salesforce.com; or a sandbox: http://127.0.0.1:4020.",
  }),
  api_version: z
    .string()
    .regex(/^[1-9]\d\.0$/, 'must be a version such as "67.0"')
    .refine((version) => Number(version) >= 60, "must be 60.0 or later")
    .default("67.0")
    .meta({ description: 'Version of the API, in quotes: "60.0" or later.' }),
  auth: z.discriminatedUnion("flow", [clientCredentials, jwt]).meta({ description: "How Sluice logs in." }),
  assignment_rules: z
    .union([z.enum(["off", "default"]), z.string().regex(RECORD_ID, "must be off, default or the id of a rule")])
    .default("off")
    .meta({ description: "Assignment rules for leads, cases and accounts: off, default, or the id of a rule." }),
  batch_size: z.int().min(1).max(200).default(200).meta({
    description: "Records in one call, 1 to 200. Fewer where triggers or locks cannot take so many.",
  }),
});

export type SalesforceConfig = z.infer<typeof salesforceConfig>;
