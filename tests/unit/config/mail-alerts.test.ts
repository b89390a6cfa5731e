// Proves how alerts by mail, severities and owners are read: the server is a secret with its user and password, addresses are
// addresses, what would tell nobody is said with its place, and what is missing on this machine only warns.
import { describe, expect, it } from "vitest";
import { cleaner } from "../../../src/alerts/safe-text.ts";
import { readMailbox } from "../../../src/core/mailbox.ts";
import { readSmtpUrl } from "../../../src/core/smtp-url.ts";
import { ENV, loadSound, SLUICE, SYNC, shown } from "./project-folder.ts";

const SMTP = "smtps://robot%40example.com:p%40ss%2Fcanary@smtp.example.com:465";
const env = { ...ENV, SMTP_URL: SMTP, ONCALL: "oncall@example.com" };

const project = (alerts: string, sync = SYNC): Record<string, string> => ({
  "sluice.yml": `${SLUICE}${alerts}`,
  "syncs/people.yml": sync,
});
const problemsOf = (alerts: string, sync?: string) => shown(project(alerts, sync), { env });

const mail = (more = "", to = "[ops@example.com]") =>
  `alerts: { mail: { type: email, smtp: "\${env:SMTP_URL}", from: "Sluice <sluice@example.com>", to: ${to}${more} } }\n`;

describe("an alert by mail", () => {
  it("is read with its server, whose user and password are secrets in every form", async () => {
    const to = `["Ops <ops@example.com>", "\${env:ONCALL}"]`;
    const loaded = await loadSound(
      project(mail(", severity: warning, owners: [data-team]", to), `${SYNC}owner: Data-Team\n`),
      { env },
    );
    expect([...loaded.alerts.values()]).toEqual([
      {
        name: "mail",
        type: "email",
        endpoint: { url: SMTP, secret: null, allowsPrivate: false },
        from: { name: "Sluice", address: "sluice@example.com" },
        to: [
          { name: "Ops", address: "ops@example.com" },
          { name: "", address: "oncall@example.com" },
        ],
        on: ["failed", "partial", "held", "missed", "budget", "recovered"],
        severity: "warning",
        owners: ["data-team"],
      },
    ]);
    const plain = Buffer.from("\0robot@example.com\0p@ss/canary").toString("base64");
    const said = cleaner(loaded.secrets)(
      `${SMTP} p@ss/canary p%40ss%2Fcanary ${Buffer.from("p@ss/canary").toString("base64")} robot%40example.com ${plain}`,
    );
    expect(said).toBe("[secret] [secret] [secret] [secret] [secret] [secret]");
  });

  it("keeps a user that is a plain word out of the secrets: it would blank other texts", async () => {
    const loaded = await loadSound(project(mail()), {
      env: { ...env, SMTP_URL: "smtp://sluice:canary@smtp.example.com" },
    });
    expect(loaded.secrets).toContain("canary");
    expect(loaded.secrets).not.toContain("sluice");
  });

  it("goes to each sync's owner, and warns of syncs that have none with an address", async () => {
    const two = {
      ...project(mail("", "owner"), `${SYNC}owner: data-team\n`),
      "syncs/quiet.yml": `${SYNC}alerts: []\n`,
    };
    expect((await shown(two, { env })).filter((line) => !line.includes("SHARED_FIELD"))).toEqual([
      'syncs/people.yml:6:8 warning OWNER_WITHOUT_ADDRESS alert "mail" would tell nobody of sync "people": its owner "data-team" is no address | owner: ada@example.com, in the sync or in defaults',
    ]);
    expect(await problemsOf(mail("", "owner"))).toEqual([
      'syncs/people.yml:1:1 warning OWNER_WITHOUT_ADDRESS alert "mail" would tell nobody of sync "people": it has no owner | owner: ada@example.com, in the sync or in defaults',
    ]);
    expect(await problemsOf(mail("", "owner"), `${SYNC}owner: Ada <ada@example.com>\n`)).toEqual([]);
  });

  it.each([
    [
      "a server that is written out",
      `alerts: { mail: { type: email, smtp: "smtp://u:canary@x.example", from: a@b.c, to: owner } }\n`,
      [
        'sluice.yml:5:38 SECRET_LITERAL alert "mail": its mail server is a secret and must not stand in the file | write "${env:MAIL_SMTP_URL}" or "${file:PATH}"',
      ],
    ],
    [
      "addresses that are none",
      `alerts: { mail: { type: email, smtp: "smtp://127.0.0.1:25", from: sluice, to: [a@b.c, "a@b.c, d@e.f", "a@b.c\\r\\nBcc: d@e.f"] } }\n`,
      [
        'sluice.yml:5:67 WRONG_VALUE alert "mail": from must be an address, such as ada@example.com or "Ada <ada@example.com>"',
        'sluice.yml:5:87 WRONG_VALUE alert "mail": to must be an address, such as ada@example.com or "Ada <ada@example.com>"',
        'sluice.yml:5:103 WRONG_VALUE alert "mail": to must be an address, such as ada@example.com or "Ada <ada@example.com>"',
      ],
    ],
    [
      "keys of another type, and keys that are missing",
      `alerts:\n  a: { type: email, url: x, from: a@b.c }\n  b: { type: slack, url: "\${env:SMTP_URL}", to: a@b.c }\n`,
      [
        'sluice.yml:6:3 MISSING_KEY missing key "smtp" in alerts.a | smtps://USER:PASSWORD@HOST:465, or smtp://HOST:587 with STARTTLS. A reference such as "${env:SMTP_URL}".',
        'sluice.yml:6:3 MISSING_KEY missing key "to" in alerts.a | Addresses; or owner: each sync\'s own owner, where that is an address.',
        'sluice.yml:6:21 UNKNOWN_KEY unknown key "url" in alerts.a | keys here: type, smtp, from, to, on, severity, owners, allow_private',
        'sluice.yml:7:45 UNKNOWN_KEY unknown key "to" in alerts.b | keys here: type, url, on, severity, owners, secret, allow_private',
      ],
    ],
    [
      "a severity that leaves nothing, or is none",
      `alerts:\n  a: { type: webhook, url: "http://127.0.0.1/", on: [partial, recovered], severity: error }\n  b: { type: webhook, url: "http://127.0.0.1/", severity: grave }\n`,
      [
        'sluice.yml:6:85 WRONG_VALUE alert "a": it would tell nothing, as partial, recovered are less than error | remove severity, or add one of: failed',
        'sluice.yml:7:59 WRONG_VALUE alerts.b.severity must be one of error, warning, info, not "grave"',
      ],
    ],
  ])("says what is wrong: %s", async (_, alerts, wanted) => {
    expect(await problemsOf(alerts)).toEqual(wanted);
  });

  it("only warns of an owner that no sync has, and of a server or an address that is missing or wrong here", async () => {
    const away = mail().replace("SMTP_URL", "NOT_THERE");
    expect(await problemsOf(away)).toEqual([
      'sluice.yml:5:38 warning ENV_MISSING alert "mail": the environment variable NOT_THERE is not set; nobody is told | set it: export NOT_THERE=…',
    ]);
    expect(await shown(project(mail()), { env: { ...env, SMTP_URL: "smtp://10.0.0.1:25" } })).toEqual([
      'sluice.yml:5:38 warning WRONG_VALUE alert "mail": its URL must not lead to a private address without allow_private: true',
    ]);
    expect(await shown(project(mail("", `["\${env:ONCALL}"]`)), { env: { ...env, ONCALL: "nobody" } })).toEqual([
      expect.stringContaining('sluice.yml:5:99 warning WRONG_VALUE alert "mail": to must be an address'),
    ]);
    expect(await problemsOf(mail(", owners: [data-taem]"), `${SYNC}owner: data-team\n`)).toEqual([
      'sluice.yml:5:126 warning UNKNOWN_OWNER alert "mail": no sync has the owner "data-taem" | did you mean "data-team"?',
    ]);
  });
});

describe("the URL of a mail server", () => {
  it.each([
    ["smtps://a:b@smtp.example.com", "smtp.example.com", 465, true],
    ["smtp://smtp.example.com", "smtp.example.com", 587, false],
    ["smtp://SMTP.example.com:2525/", "smtp.example.com", 2525, false],
    ["smtps://[2a00:1450::1]:443", "2a00:1450::1", 443, true],
    ["smtp://127.0.0.1:25", "127.0.0.1", 25, false],
  ])("%s", (url, host, port, isTls) => {
    expect(readSmtpUrl(url, false)).toMatchObject({ ok: true, server: { host, port, isTls } });
  });

  it.each([
    ["https://smtp.example.com", "smtps://"],
    ["smtp.example.com", "must be a URL"],
    ["smtp://", "must be a URL"],
    ["smtp://host/?pool=true", "after the port"],
    ["smtp://host/path", "after the port"],
    ["smtp://user@host", "a user and a password"],
    ["smtp://:password@host", "a user and a password"],
    ["smtp://user:p%0d%0aRSET@host", "a user and a password"],
    ["smtp://user:100%@host", "a user and a password"],
    ["smtp://127.1", "four numbers"],
    ["smtp://0x7f000001:25", "four numbers"],
    ["smtps://169.254.169.254", "no server's"],
    ["smtps://10.0.0.1", "private address"],
    ["smtps://[::ffff:127.0.0.1]", "private address"],
  ])("%s is refused, and is not shown", (url, why) => {
    const read = readSmtpUrl(url, false);
    expect(read).toMatchObject({ ok: false, why: expect.stringContaining(why) });
  });
});

it.each([
  ["ada@example.com", { name: "", address: "ada@example.com" }],
  [' "Lovelace, Ada" <ada@example.com> ', { name: "Lovelace, Ada", address: "ada@example.com" }],
  ["Ädä <a.b+c@x-y.example>", { name: "Ädä", address: "a.b+c@x-y.example" }],
  ["root@localhost", { name: "", address: "root@localhost" }],
  ["data-team", null],
  ["a@b@c.de", null],
  ["a@b.c, d@e.f", null],
  ["<a@b.c> <d@e.f>", null],
  ["Ada\r\nBcc: x@y.z <a@b.c>", null],
  ["a@b.c\nBcc: d@e.f", null],
  ["a b@c.de", null],
  ["ä@example.com", null],
  ["a@-b.de", null],
  [`${"a".repeat(65)}@b.de`, null],
  [`a@${"b.".repeat(130)}de`, null],
])("the address %j", (text, mailbox) => {
  expect(readMailbox(text)).toEqual(mailbox);
});
