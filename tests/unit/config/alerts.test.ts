// Proves how alerts and on_success are read: addresses are secrets, what is wrong in a file is a problem, what is missing on this
// machine only a warning, an environment may be silent, and none of it decides what is sent.
import { describe, expect, it } from "vitest";
import { ENV, loadSound, loadSync, SLUICE, SYNC, shown } from "./project-folder.ts";

const SLACK = "https://hooks.slack.example/services/T000/B000/canary-token";
const env = { ...ENV, SLACK_URL: SLACK, HOOK_URL: "https://hooks.example.com/x", HOOK_SECRET: "hook-canary" };

const project = (alerts: string, sync = SYNC): Record<string, string> => ({
  "sluice.yml": `${SLUICE}${alerts}`,
  "syncs/people.yml": sync,
});
const problemsOf = (alerts: string, sync?: string) => shown(project(alerts, sync), { env });

const TWO = `alerts:
  ops: { type: slack, url: "\${env:SLACK_URL}" }
  hook: { type: webhook, url: https://hooks.example.com/sluice, secret: "\${env:HOOK_SECRET}", on: [failed] }
`;

describe("alerts", () => {
  it("are read with their addresses, which are secrets, paths and all", async () => {
    const loaded = await loadSound(project(TWO), { env });
    expect([...loaded.alerts.values()]).toEqual([
      {
        name: "ops",
        type: "slack",
        endpoint: { url: SLACK, secret: null, allowsPrivate: false },
        on: ["failed", "partial", "held", "missed", "budget", "recovered"],
        severity: "info",
        owners: null,
      },
      {
        name: "hook",
        type: "webhook",
        endpoint: { url: "https://hooks.example.com/sluice", secret: "hook-canary", allowsPrivate: false },
        on: ["failed"],
        severity: "info",
        owners: null,
      },
    ]);
    expect(loaded.secrets).toEqual(expect.arrayContaining([SLACK, "/services/T000/B000/canary-token", "hook-canary"]));
    expect(loaded.secrets).not.toContain("https://hooks.example.com/sluice");
  });

  it.each([
    [
      "a Slack URL that is written out",
      `alerts: { ops: { type: slack, url: "${SLACK}" } }\n`,
      [
        'sluice.yml:5:36 SECRET_LITERAL alert "ops": its URL is a secret and must not stand in the file | write "${env:OPS_URL}" or "${file:PATH}"',
      ],
    ],
    [
      "a webhook's URL that is written out without a signature, or that holds a key",
      `alerts:\n  a: { type: webhook, url: https://x.example/a }\n  b: { type: webhook, url: "https://x.example/?key=1", secret: "\${env:HOOK_SECRET}" }\n`,
      [
        'sluice.yml:6:28 SECRET_LITERAL alert "a": its URL is a secret and must not stand in the file | write "${env:A_URL}" or "${file:PATH}", or sign the body with secret: and leave ? and @ out of the URL',
        'sluice.yml:7:28 SECRET_LITERAL alert "b": its URL is a secret and must not stand in the file | write "${env:B_URL}" or "${file:PATH}", or sign the body with secret: and leave ? and @ out of the URL',
      ],
    ],
    [
      "a secret that is written out",
      `alerts: { a: { type: webhook, url: "\${env:HOOK_URL}", secret: canary } }\n`,
      [
        'sluice.yml:5:63 SECRET_LITERAL alert "a": its secret is a secret and must not stand in the file | write "${env:A_SECRET}" or "${file:PATH}"',
      ],
    ],
    [
      "a signature for Slack",
      `alerts: { a: { type: slack, url: "\${env:SLACK_URL}", secret: "\${env:HOOK_SECRET}" } }\n`,
      ['sluice.yml:5:54 WRONG_VALUE alert "a": Slack checks no signature | remove secret: Slack\'s URL is the secret'],
    ],
    [
      "an address that is no public one",
      `alerts:\n  a: { type: webhook, url: https://10.0.0.1/x, secret: "\${env:HOOK_SECRET}" }\n  b: { type: webhook, url: http://x.example/x, secret: "\${env:HOOK_SECRET}" }\n`,
      [
        'sluice.yml:6:28 WRONG_VALUE alert "a": its URL must not lead to a private address without allow_private: true',
        'sluice.yml:7:28 WRONG_VALUE alert "b": its URL must be https: only this machine, and with allow_private: true a private network, may do without',
      ],
    ],
    [
      "events and keys that there are not",
      `alerts:\n  a: { type: mail, url: "\${env:HOOK_URL}" }\n  b: { type: webhook, url: "\${env:HOOK_URL}", on: [fail], only: 1 }\n`,
      [
        'sluice.yml:6:14 WRONG_VALUE alerts.a.type must be one of slack, webhook, email, not "mail" | did you mean "email"?',
        'sluice.yml:7:52 WRONG_VALUE alerts.b.on[1] must be one of failed, partial, held, missed, budget, recovered, not "fail"',
        'sluice.yml:7:59 UNKNOWN_KEY unknown key "only" in alerts.b | keys here: type, url, on, severity, owners, secret, allow_private',
      ],
    ],
    [
      "references that there are not",
      `alerts: { a: { type: webhook, url: "\${enw:HOOK_URL}" } }\n`,
      ['sluice.yml:5:36 UNKNOWN_REFERENCE alert "a": "${enw:…}" is not known | did you mean "${env:HOOK_URL}"?'],
    ],
  ])("say what is wrong: %s", async (_, alerts, wanted) => {
    expect(await problemsOf(alerts)).toEqual(wanted);
  });

  it("only warn of what is missing or wrong on this machine, without showing it, and are left out", async () => {
    const alerts = `alerts:
  a: { type: slack, url: "\${env:NOT_THERE}" }
  b: { type: webhook, url: "\${env:HOOK_URL}", secret: "\${env:NOT_THERE}" }
  c: { type: webhook, url: "\${env:HOOK_SECRET}" }
  d: { type: webhook, url: "http://127.0.0.1:8080/x" }
`;
    expect(await problemsOf(alerts)).toEqual([
      'sluice.yml:6:26 warning ENV_MISSING alert "a": the environment variable NOT_THERE is not set; nobody is told | set it: export NOT_THERE=…',
      'sluice.yml:7:55 warning ENV_MISSING alert "b": the environment variable NOT_THERE is not set; nobody is told | set it: export NOT_THERE=…',
      'sluice.yml:8:28 warning WRONG_VALUE alert "c": its URL must be a URL, such as https://example.com/hook',
    ]);
    expect([...(await loadSound(project(alerts), { env })).alerts.keys()]).toEqual(["d"]);
  });

  it("are silent in an environment that says so, with on_success", async () => {
    const alerts = `${TWO}environments: { prod: {}, sandbox: { alerts: off } }\n`;
    const sync = `${SYNC}alerts: [ops]\non_success: { webhook: "\${env:NOT_THERE}" }\n`;
    const silent = await loadSound(project(alerts, sync), { environment: "sandbox" });
    expect(silent.alerts.size).toBe(0);
    expect(silent.syncs.get("people")?.onSuccess).toBeNull();
    const loud = await loadSound(project(alerts, sync), { environment: "prod", env });
    expect(loud.alerts.size).toBe(2);
  });
});

describe("a sync", () => {
  it("names its alerts and whom to call; both come from defaults, too; neither is in the config hash", async () => {
    const sync = `${SYNC}alerts: [hook]\non_success: { webhook: "\${env:HOOK_URL}", secret: "\${env:HOOK_SECRET}" }\n`;
    const onSuccess = { url: "https://hooks.example.com/x", secret: "hook-canary", allowsPrivate: false };
    const own = (await loadSound(project(TWO, sync), { env })).syncs.get("people");
    expect(own).toMatchObject({ alerts: ["hook"], onSuccess });
    const defaults = `defaults: { alerts: [], on_success: { webhook: "\${env:HOOK_URL}", secret: "\${env:HOOK_SECRET}" } }\n`;
    const shared = (await loadSound(project(`${TWO}${defaults}`), { env })).syncs.get("people");
    expect(shared).toMatchObject({ alerts: [], onSuccess });
    const plain = await loadSync(SYNC);
    expect(plain).toMatchObject({ alerts: null, onSuccess: null });
    expect([own?.configHash, shared?.configHash]).toEqual([plain.configHash, plain.configHash]);
  });

  it("may not name an alert that there is not, nor hold the key of a webhook", async () => {
    const sync = `${SYNC}alerts: [opps]\non_success: { webhook: https://x.example/a }\n`;
    expect(await problemsOf(TWO, sync)).toEqual([
      'syncs/people.yml:6:10 UNKNOWN_ALERT there is no alert "opps" | did you mean "ops"?',
      'syncs/people.yml:7:24 SECRET_LITERAL on_success: its URL is a secret and must not stand in the file | write "${env:ON_SUCCESS_URL}" or "${file:PATH}", or sign the body with secret: and leave ? and @ out of the URL',
    ]);
    expect(await problemsOf(TWO, `${SYNC}on_success: { url: x }\n`)).toEqual([
      expect.stringContaining("MISSING_KEY"),
      expect.stringContaining("UNKNOWN_KEY"),
    ]);
  });
});
