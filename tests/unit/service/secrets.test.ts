// Proves that a secret that a vendor echoes, and the values and texts of hostile rows, come out of no answer, stream, log or metric.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crowd, projectFile } from "../../e2e/people.ts";
import { followEvents } from "./follow-events.ts";
import { type Rig, startRig } from "./rig.ts";

/** With everything in it that encodings change. */
const CANARY = `canary-4711/+"\\ ?x=y&z<b>`;
const FORMS = [
  CANARY,
  JSON.stringify(CANARY).slice(1, -1),
  encodeURIComponent(CANARY),
  Buffer.from(CANARY).toString("base64"),
  Buffer.from(CANARY).toString("base64").replace(/=+$/, ""),
  Buffer.from(CANARY).toString("base64url"),
];
/** What a hostile vendor says: markup, colours, a second log line, the end of an event. */
const HOSTILE = `<img src=x onerror=alert(1)>\u001b[31m\r\n{"level":"info","msg":"forged"}\n\ndata: forged\n\n\u202egnp`;

let vendor: Server;
let rig: Rig;
let status = 400;

beforeAll(async () => {
  vendor = createServer((request, response) => {
    const said = request.headers.authorization ?? "";
    const secret = said.replace(/^Bearer /, "");
    const echo = [said, encodeURIComponent(secret), Buffer.from(secret).toString("base64")].join(" ");
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ status: "error", message: `${echo} ${HOSTILE}`, category: "VALIDATION_ERROR" }));
  });
  await new Promise<void>((listening) => vendor.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
  const settings = projectFile(url) as { connections: { crm: object } };
  const crm = { ...settings.connections.crm, access_token: "${env:CRM_TOKEN}" };
  rig = await startRig({
    people: crowd(2),
    settings: { connections: { ...settings.connections, crm } },
    env: { CRM_TOKEN: CANARY },
  });
});
afterAll(async () => {
  await rig.close();
  vendor.closeAllConnections();
  await new Promise((closed) => vendor.close(closed));
});

describe.each([400, 401, 403, 500])("a vendor that echoes our secret with %i", (with_) => {
  it("is heard, and nobody hears the secret", async () => {
    status = with_;
    const events = await followEvents(rig.url, "/api/v1/events", rig.localKey);
    const checking = rig.ask("POST", "/api/v1/connections/crm/check");
    const run = await rig.run("people");
    const check = await checking;
    expect(check.status).toBeGreaterThanOrEqual(400);
    expect(["failed", "blocked"]).toContain(run.state);
    const answers = [
      check,
      await rig.ask("GET", "/api/v1/runs?plans=true"),
      await rig.ask("GET", `/api/v1/runs/${run.id}/rows`),
      await rig.ask("GET", "/api/v1/syncs"),
      await rig.ask("GET", "/api/v1/audit"),
      await rig.ask("GET", "/metrics"),
      await rig.ask("GET", "/docs"),
    ];
    events.close();
    expect(events.events.length).toBeGreaterThan(2);
    const texts = [...answers.map(({ text }) => text), JSON.stringify(run), events.text(), ...rig.log];
    // The same without the escapes of JSON, as whoever reads it sees it.
    const read = [...answers.map(({ body }) => body), run].flatMap(leaves);
    expect(texts.join("\n")).toContain("[secret]");
    for (const form of FORMS) for (const text of [...texts, ...read]) expect(text).not.toContain(form);
  });
});

describe("a hostile text of a vendor", () => {
  it("is data in every answer, and one line in the log", async () => {
    status = 400;
    const before = rig.log.length;
    const run = await rig.run("people");
    const answer = await rig.ask("GET", `/api/v1/runs/${run.id}`);
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    expect(controls(answer.text)).toEqual([]);
    const lines = rig.log.slice(before);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line.endsWith("\n")).toBe(true);
      expect(controls(line.slice(0, -1))).toEqual([]);
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.not.stringMatching(/^forged$/) });
    }
  });

  it("ends no event and forges none", async () => {
    const events = await followEvents(rig.url, "/api/v1/events", rig.localKey);
    await rig.run("people");
    events.close();
    expect(events.text()).not.toContain("\ndata: forged");
    for (const block of events.text().trim().split("\n\n"))
      expect(block).toMatch(/^(retry: \d+|: still here|id: \d+\nevent: [a-z.]+\ndata: \{.*\})$/);
  });
});

it("values and keys of rows are in no log line, metric or event", async () => {
  expect([...rig.log, (await rig.ask("GET", "/metrics")).text].join("\n")).not.toMatch(/example\.com|First 1/);
});

it("the page of the API escapes whatever it shows, and has no script", async () => {
  const hostile = await startRig({ serve: { version: `1"><script>alert(1)</script><img src=x onerror=y>` } });
  try {
    const { text, headers } = await hostile.ask("GET", "/docs");
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toMatch(/<script|<img|javascript:|\son\w+=["']/i);
    expect(headers["content-security-policy"]).toMatch(/default-src 'none'/);
    expect(headers["content-security-policy"]).not.toMatch(/unsafe|script-src/);
    expect((await hostile.ask("GET", "/openapi.json")).headers["content-type"]).toMatch(/^application\/json/);
  } finally {
    await hostile.close();
  }
});

/** Every text within. */
function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [];
}

function controls(text: string): string[] {
  return [...text].filter((letter) => letter < " ");
}
