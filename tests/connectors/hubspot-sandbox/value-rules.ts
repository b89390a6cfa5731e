// Rules of values: forms, checks, clearing, read-only, required, lifecycle.
import { expect } from "vitest";
import type { TestClient } from "./client.ts";
import type { Rule } from "./rules.ts";

/** The value that HubSpot keeps of `sent`, or the code of its refusal. */
async function kept(client: TestClient, type: string, name: string, sent: unknown): Promise<string | null | undefined> {
  const input = { properties: { [name]: sent, ...REQUIRED[type] }, objectWriteTraceId: "0" };
  const { body } = await client.batch(type, "create", [input]);
  const code = body.errors?.[0]?.errors?.[0]?.code;
  return code === undefined ? body.results?.[0]?.properties[name] : `! ${code}`;
}

const REQUIRED: Readonly<Record<string, Record<string, string>>> = {
  deals: { dealname: "D" },
  tickets: { hs_pipeline_stage: "1" },
};

/** object, property, sent, kept or "! code" */
const VALUES: readonly [string, string, unknown, string | null][] = [
  ["contacts", "email", "José.Ünal@EXAMPLE.com", "josé.ünal@example.com"],
  ["contacts", "email", "not an address", "! INVALID_EMAIL"],
  ["contacts", "email", "a@localhost", "! INVALID_EMAIL"],
  ["contacts", "firstname", "  Zoë\t", "  Zoë\t"],
  ["contacts", "firstname", 12, "12"],
  ["contacts", "firstname", true, "true"],
  ["contacts", "phone", "+55 (12) 3923-5555", "+55 (12) 3923-5555"],
  ["contacts", "annualrevenue", 1e21, "1e+21"],
  ["contacts", "annualrevenue", "-0.10", "-0.10"],
  ["contacts", "annualrevenue", "1,000", "! INVALID_NUMBER"],
  ["contacts", "annualrevenue", " 1", "! INVALID_NUMBER"],
  ["contacts", "is_partner", true, "true"],
  ["contacts", "is_partner", "yes", "! INVALID_OPTION"],
  ["contacts", "hs_lead_status", "OPEN", "OPEN"],
  ["contacts", "hs_lead_status", "open", "! INVALID_OPTION"],
  ["contacts", "hs_buying_role", "CHAMPION;END_USER", "CHAMPION;END_USER"],
  ["contacts", "hs_buying_role", "CHAMPION;nobody", "! INVALID_OPTION"],
  ["contacts", "hubspot_owner_id", "41629779", "41629779"],
  ["contacts", "hubspot_owner_id", "1", "! INVALID_OPTION"],
  ["contacts", "contract_end_date", "2024-02-29", "2024-02-29"],
  ["contacts", "contract_end_date", "2023-02-29", "! INVALID_DATE"],
  ["contacts", "contract_end_date", "1709164800000", "2024-02-29"],
  ["contacts", "contract_end_date", "1709164800001", "! INVALID_DATE"],
  ["contacts", "contract_end_date", "29.02.2024", "! INVALID_DATE"],
  ["contacts", "next_renewal_at", "1709164800001", "2024-02-29T00:00:00.001Z"],
  ["contacts", "next_renewal_at", "2024-02-29T01:00:00+01:00", "2024-02-29T00:00:00.000Z"],
  ["contacts", "next_renewal_at", "2024-02-29 01:00:00", "! INVALID_LONG"],
  ["contacts", "createdate", "2024-02-29", "! READ_ONLY_VALUE"],
  ["contacts", "no_such", "x", "! PROPERTY_DOESNT_EXIST"],
  ["contacts", "lastname", "x".repeat(65_536), "x".repeat(65_536)],
  ["contacts", "lastname", "x".repeat(65_537), "! VALUE_TOO_LONG"],
  ["deals", "dealstage", "closedwon", "closedwon"],
  ["deals", "dealstage", "won", "! INVALID_OPTION"],
  ["tickets", "hs_ticket_category", "BILLING_ISSUE", "BILLING_ISSUE"],
];

export const VALUE_RULES: readonly Rule[] = [
  ...VALUES.map(([type, name, sent, want]): Rule => {
    const shown = JSON.stringify(sent);
    const short = (text: string | null) => (text !== null && text.length > 50 ? `${text.length} characters` : text);
    return {
      rule: `${type}.${name}: ${short(shown)} → ${short(want)}`,
      async proof(client) {
        expect(await kept(client, type, name, sent)).toBe(want);
      },
    };
  }),
  {
    rule: "an empty text clears; a null leaves the value as it is",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { email: "a@example.com", city: "Oslo", zip: "1" });
      const reply = await client.batch("contacts", "update", [{ id, properties: { city: "", zip: null } }]);
      expect(reply.body.results?.[0]?.properties.city).toBeNull();
      expect(await sandbox.dump("contacts")).toMatchObject([{ properties: { city: null, zip: "1" } }]);
    },
  },
  {
    rule: "all values are texts or null, whatever was sent",
    async proof(client, sandbox) {
      await client.batch("contacts", "create", [
        { properties: { firstname: "A", annualrevenue: 5, is_partner: false } },
      ]);
      const [record] = await sandbox.dump("contacts");
      for (const value of Object.values(record?.properties ?? {})) expect(typeof value).toBe("string");
      const read = await client.get("contacts", record?.id ?? "", ["annualrevenue", "is_partner", "city", "no_such"]);
      expect(read.body.properties).toMatchObject({ annualrevenue: "5", is_partner: "false", city: null });
      expect(read.body.properties).not.toHaveProperty("no_such");
    },
  },
  {
    rule: "a leading semicolon adds to a multiple choice",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { hs_buying_role: "CHAMPION" });
      await client.patch("contacts", id, { hs_buying_role: ";END_USER;CHAMPION" });
      expect(await sandbox.dump("contacts")).toMatchObject([{ properties: { hs_buying_role: "CHAMPION;END_USER" } }]);
    },
  },
  {
    rule: "an address is kept in lower case and unique values are compared without case and outer blanks",
    async proof(client, sandbox) {
      await sandbox.control("POST", "fields", { object: "contacts", fields: [{ name: "code", unique: true }] });
      const [id] = await sandbox.seed("contacts", { email: "Ann@Example.COM", code: "AbC" });
      expect(await sandbox.dump("contacts")).toMatchObject([{ properties: { email: "ann@example.com", code: "AbC" } }]);
      for (const [name, value] of [
        ["email", "ANN@example.com"],
        ["code", " abc "],
      ] as const) {
        expect((await client.read("contacts", [value], [], name)).body.results).toMatchObject([{ id }]);
      }
      expect((await client.get("contacts", "ANN@example.com", ["email"], "email")).body.id).toBe(id);
    },
  },
  {
    rule: "lifecyclestage does not move backwards: success, value kept, unless it was cleared in a call of its own",
    async proof(client, sandbox) {
      const [id = ""] = await sandbox.seed("contacts", { email: "a@example.com", lifecyclestage: "customer" });
      const back = await client.batch("contacts", "update", [{ id, properties: { lifecyclestage: "lead" } }]);
      expect(back).toMatchObject({ status: 200, body: { results: [{ properties: { lifecyclestage: "customer" } }] } });
      await client.patch("contacts", id, { lifecyclestage: "" });
      await client.patch("contacts", id, { lifecyclestage: "lead" });
      await client.patch("contacts", id, { lifecyclestage: "evangelist" });
      expect(await sandbox.dump("contacts")).toMatchObject([{ properties: { lifecyclestage: "evangelist" } }]);
    },
  },
  {
    rule: "a required property must be given on create, not on update",
    async proof(client, sandbox) {
      const missing = await client.create("tickets", { subject: "Help" });
      expect(missing).toMatchObject({ status: 400, body: { context: { properties: ["hs_pipeline_stage"] } } });
      expect(missing.body.message).toBe("Error creating TICKET. Some required properties were not set.");
      const [id = ""] = await sandbox.seed("tickets", { hs_pipeline_stage: "1" });
      expect((await client.patch("tickets", id, { subject: "Help" })).status).toBe(200);
    },
  },
  {
    rule: "a declared length is the limit",
    async proof(client, sandbox) {
      await sandbox.control("POST", "fields", { object: "contacts", fields: [{ name: "short", length: 3 }] });
      expect(await kept(client, "contacts", "short", "äöü")).toBe("äöü");
      expect(await kept(client, "contacts", "short", "äöüx")).toBe("! VALUE_TOO_LONG");
    },
  },
];
