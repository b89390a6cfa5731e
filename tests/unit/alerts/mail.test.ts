// Proves what a mail is and how it travels: plain text, one line a text, to whom it is for, with a login, encrypted where it must be,
// to the address that was checked, twice at most, and an end to every wait; never a word of the URL.
import { describe, expect, it } from "vitest";
import { postMail } from "../../../src/alerts/post-mail.ts";
import { type Mail, relayOf, sendMail } from "../../../src/alerts/send-mail.ts";
import { tellNews } from "../../../src/alerts/tell-news.ts";
import { LOGIN, mailServerMaker, rawServerMaker } from "./mail-server.ts";
import {
  budgetOf,
  mailbox,
  mailTo,
  missedOf,
  NEVER,
  NOON,
  newsOf,
  runOf,
  syncOf,
  tellerMaker,
  testTools,
} from "./samples.ts";

const newServer = mailServerMaker();
const newRawServer = rawServerMaker();
const newTeller = tellerMaker();

const AWAY = { host: "smtp.example.com", port: 25, isTls: false, login: null, isLoopback: false, address: null };
const OPS = mailbox("ops@example.com", "Ops");
const withLogin = (url: string) => url.replace("//", `//${LOGIN.split(":").map(encodeURIComponent).join(":")}@`);

const mailOf = (url: string, patch: Partial<Mail> = {}): Mail => ({
  endpoint: { url, secret: null, allowsPrivate: false },
  id: "message-1",
  sentAt: NOON,
  from: mailbox("sluice@example.com", "Sluice"),
  to: [OPS],
  subject: "a subject",
  text: "a text\n",
  ...patch,
});

/** null once it got across, else why it did not. */
async function send(mail: Mail, tools = testTools(), signal = NEVER): Promise<string | null> {
  const posted = await sendMail(mail, tools, signal);
  return posted.ok ? posted.missed : posted.why;
}

describe("a message", () => {
  it("says all in its subject and a paragraph an item, and bears the mark of its delivery", async () => {
    const server = await newServer();
    const held = newsOf("orders", "held");
    const news = [
      newsOf("people", "failed"),
      held,
      missedOf("deals", { why: "the service was down" }),
      budgetOf("hubspot 42"),
    ];
    const teller = newTeller([mailTo(server.url, [OPS, mailbox("ada@example.com")])]);
    expect(await tellNews(teller, news, testTools(), NEVER)).toEqual([]);
    expect(server.got).toHaveLength(1);
    const [got] = server.got;
    expect(got).toMatchObject({ from: "sluice@example.com", to: ["ops@example.com", "ada@example.com"], user: null });
    const id = got?.headers["x-sluice-delivery"];
    expect(got?.headers).toMatchObject({
      from: "Sluice <sluice@example.com>",
      to: "Ops <ops@example.com>, ada@example.com",
      subject: "[Sluice prod] error: 1 failed, 1 held, 1 missed, 1 budget: people, orders, deals, crm",
      date: "Fri, 02 Jan 2026 12:00:00 +0000",
      "message-id": `<${id}@example.com>`,
      "auto-submitted": "auto-generated",
      "content-type": "text/plain; charset=utf-8",
    });
    expect(got?.text).toBe(
      [
        "error: crm-syncs (prod): 1 failed, 1 held, 1 missed, 1 budget",
        "",
        "people failed: AUTH_REQUIRED: why people is failed",
        "10 read; upsert: 3 applied, 2 rejected; 1 wait",
        "sluice rows run-of-people",
        "",
        "orders held: HELD: why orders is held",
        "10 read; upsert: 3 applied, 2 rejected; 1 wait",
        "sluice holds orders",
        "To release it: sluice approve run-of-orders",
        "",
        "deals missed: the start that was due at 2026-01-02T11:13:00.000Z came 47 min late: the service was down",
        "sluice runs deals",
        "",
        "crm has nearly spent the daily calls of hubspot 42",
        "12,000 of the day's 250,000 calls are left, 2,500 of them reserved for others; when they are spent, its syncs pause",
        "sluice status",
        "",
        "-- ",
        'Sent by Sluice for the alert "mail" of crm-syncs, environment prod.',
        "",
      ].join("\n"),
    );
  });

  it.each([
    [["failed", "failed"], "error: 2 syncs failed: s0, s1"],
    [["recovered"], "info: 1 sync recovered: s0"],
    [["partial"], "warning: 1 sync ended in part: s0"],
    [["held", "recovered"], "warning: 1 held, 1 recovered: s0, s1"],
  ] as const)("names its gravest severity and its syncs: %j", async (events, subject) => {
    const server = await newServer();
    const news = events.map((event, index) => newsOf(`s${index}`, event));
    await tellNews(newTeller([mailTo(server.url, [OPS])]), news, testTools(), NEVER);
    expect(server.got[0]?.headers.subject).toBe(`[Sluice prod] ${subject}`);
  });

  it("of many syncs shows fifty, and as many names as fit", async () => {
    const server = await newServer();
    const news = Array.from({ length: 87 }, (_, index) => newsOf(`customers_${index}`, "failed"));
    await tellNews(newTeller([mailTo(server.url, [OPS])]), news, testTools(), NEVER);
    const [got] = server.got;
    expect(got?.headers.subject).toMatch(/^\[Sluice prod\] error: 87 syncs failed: customers_0, .*, …$/);
    expect(got?.headers.subject?.length).toBeLessThan(140);
    expect(got?.text.match(/^customers_\d+ failed/gm)).toHaveLength(50);
    expect(got?.text).toContain("\nand 37 more: sluice status\n");
  });

  it("holds hostile names and texts as text: no header, no recipient, no second line, no value, no secret", async () => {
    const server = await newServer();
    const name = "x\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<a@b.c>\u2028ünï🙂";
    const reason = `500 'Ada Lovelace' <ada@example.com>\r\n.\r\nQUIT\r\n\u001b[31mcanary/secret+1 \u202eevil`;
    const teller = newTeller([mailTo(server.url, [OPS])], ["canary/secret+1"]);
    const news = [newsOf(name, "failed", { run: runOf(name, { reason }) })];
    expect(await tellNews(teller, news, testTools(), NEVER)).toEqual([]);
    expect(server.got).toHaveLength(1);
    const [got] = server.got;
    expect(got?.to).toEqual(["ops@example.com"]);
    expect(Object.keys(got?.headers ?? {})).not.toContain("bcc");
    expect(got?.headers.subject).toBe("[Sluice prod] error: 1 sync failed: x Bcc: …@… . MAIL FROM:<…@…> ünï🙂");
    expect(got?.text).toContain("500 '…' <…@…> . QUIT [31m[secret] evil");
    expect(JSON.stringify(got)).not.toMatch(/Lovelace|ada@|canary|\\u202e|\\u001b/);
  });
});

describe("owners", () => {
  it("get one mail each, of their own syncs alone; a sync without an address tells nobody", async () => {
    const server = await newServer();
    const owned = (name: string, owner: string | null) => newsOf(name, "failed", { sync: syncOf(name, { owner }) });
    const ada = syncOf("a1", { owner: "ada@example.com" });
    const bob = syncOf("b1", { owner: "bob@example.com" });
    const eve = syncOf("e1", { owner: "eve@example.com", alerts: ["other"] });
    const news = [
      owned("a1", "Ada <ada@example.com>"),
      owned("a2", "ADA@example.com"),
      owned("b1", "bob@example.com"),
      owned("team", "data-team"),
      owned("nobody", null),
      budgetOf("hubspot 42", { syncs: [ada, bob, syncOf("team"), eve] }),
    ];
    const teller = newTeller([mailTo(server.url, "owner")]);
    expect(await tellNews(teller, news, testTools(), NEVER)).toEqual([]);
    const told = server.got.map(({ to, headers }) => `${to.join()} ${headers.subject}`).sort();
    expect(told).toEqual([
      "ada@example.com [Sluice prod] error: 2 failed, 1 budget: a1, a2, crm",
      "bob@example.com [Sluice prod] error: 1 failed, 1 budget: b1, crm",
    ]);
    // Told: not again. Those that told nobody are not remembered.
    await tellNews(teller, news, testTools(), NEVER);
    expect(server.got).toHaveLength(2);
  });

  it("that are refused are told again, the others are not", async () => {
    let isShut = true;
    const server = await newServer({
      onRcptTo: ({ address }, _, answer) =>
        isShut && address.startsWith("bob") ? answer(new Error("no such user here")) : answer(),
    });
    const news = ["ada", "bob"].map((who) =>
      newsOf(who, "failed", { sync: syncOf(who, { owner: `${who}@example.com` }) }),
    );
    const teller = newTeller([mailTo(server.url, "owner")]);
    expect(await tellNews(teller, news, testTools(), NEVER)).toEqual([
      expect.stringMatching(/^alert "mail": it answered 550 no such user here/),
    ]);
    isShut = false;
    expect(await tellNews(teller, news, testTools(), NEVER)).toEqual([]);
    expect(server.got.map(({ to }) => to)).toEqual([["ada@example.com"], ["bob@example.com"]]);
  });
});

describe("a server", () => {
  it("that wants a login gets it, and a refusal shows neither user nor password", async () => {
    const server = await newServer({ authOptional: false });
    expect(await send(mailOf(withLogin(server.url)))).toBeNull();
    expect(server.got[0]).toMatchObject({ user: "robot", text: "a text\n" });
    const teller = newTeller(
      [mailTo(withLogin(server.url).replace("canary", "other"), [OPS])],
      ["p@ss/other", "robot"],
    );
    const [warning] = await tellNews(teller, [newsOf("people", "failed")], testTools(), NEVER);
    expect(warning).toMatch(/^alert "mail": it answered 535 .*\[secret\] \[secret\]$/);
    expect(server.got).toHaveLength(1);
  });

  it("that knows no login gets no mail without it", async () => {
    const server = await newServer({ disabledCommands: ["STARTTLS", "AUTH"] });
    expect(await send(mailOf(withLogin(server.url)))).toMatch(/^it answered 5/);
    expect(server.got).toEqual([]);
  });

  it("on this machine is written to in the clear, and encrypted where it offers STARTTLS, whoever vouches for it", async () => {
    const [plain, starts] = [await newServer(), await newServer({ disabledCommands: [] })];
    for (const { url } of [plain, starts]) expect(await send(mailOf(url))).toBeNull();
    expect([plain.got[0]?.isEncrypted, starts.got[0]?.isEncrypted]).toEqual([false, true]);
  });

  it("elsewhere is told nothing before STARTTLS, and must be vouched for", async () => {
    const asAway = async ({ port }: { readonly port: number }) => {
      const relay = { ...AWAY, port, connectTo: "127.0.0.1", needsTls: true };
      const posted = await postMail(mailOf("smtp://smtp.example.com"), relay, NEVER);
      return posted.ok ? null : posted.why;
    };
    const [plain, starts] = [await newServer(), await newServer({ disabledCommands: [] })];
    expect(await asAway(plain)).toMatch(/^it has no STARTTLS: 50\d/);
    expect(await asAway(starts)).toMatch(/SELF_SIGNED|CERT|VERIFY/);
    expect([...plain.got, ...starts.got]).toEqual([]);
  });

  it.each([
    ["127.0.0.1", false],
    ["10.0.0.1", false],
    ["fd12::1", false],
    ["8.8.8.8", true],
    ["::ffff:8.8.8.8", true],
    ["2a00:1450::1", true],
  ])("at %s needs STARTTLS: %s", (address, needsTls) => {
    expect(relayOf(AWAY, address).needsTls).toBe(needsTls);
    expect(relayOf({ ...AWAY, isTls: true }, address).needsTls).toBe(true);
  });

  it("by smtps must be vouched for, on this machine too", async () => {
    const server = await newServer({ secure: true });
    const why = await send(mailOf(`smtps://127.0.0.1:${server.port}`));
    expect(why).toMatch(/SELF_SIGNED|CERT|VERIFY/);
    expect(server.got).toEqual([]);
  });

  it("is asked for by name once, checked, and met where the name led then", async () => {
    const server = await newServer();
    const asked: string[] = [];
    const tools = testTools((host) => {
      asked.push(host);
      return asked.length === 1 ? ["127.0.0.1"] : ["169.254.169.254"];
    });
    const endpoint = { url: `smtp://mail.internal:${server.port}`, secret: null, allowsPrivate: true };
    expect(await send(mailOf("", { endpoint }), tools)).toBeNull();
    expect(await send(mailOf("", { endpoint }), tools)).toBe("its host name leads to an address that is no server's");
    expect(asked).toEqual(["mail.internal", "mail.internal"]);
    expect(
      await send(
        mailOf(`smtp://mail.internal:${server.port}`),
        testTools(() => ["127.0.0.1"]),
      ),
    ).toBe("its host name leads to a private address without allow_private: true");
    expect(server.got).toHaveLength(1);
  });

  it("that is busy is tried a second time with the same mail, one that refuses is not", async () => {
    let tries = 0;
    const answerWith = (responseCode: number) => async () =>
      newServer({
        onMailFrom: (_, __, answer) => {
          tries += 1;
          answer(tries === 1 ? Object.assign(new Error("not now"), { responseCode }) : null);
        },
      });
    const tools = testTools();
    const busy = await answerWith(451)();
    expect(await send(mailOf(busy.url), tools)).toBeNull();
    expect([tries, tools.slept]).toEqual([2, [1_000]]);
    expect(busy.got.map(({ headers }) => headers["message-id"])).toEqual(["<message-1@example.com>"]);
    tries = 0;
    const shut = await answerWith(550)();
    expect(await send(mailOf(shut.url))).toMatch(/^it answered 550 not now/);
    expect([tries, shut.got.length]).toEqual([1, 0]);
  });

  it("that refuses one address of two still gets the mail across, with a warning", async () => {
    const server = await newServer({
      onRcptTo: ({ address }, _, answer) => answer(address.startsWith("ada") ? new Error("unknown") : null),
    });
    const teller = newTeller([mailTo(server.url, [OPS, mailbox("ada@example.com")])]);
    expect(await tellNews(teller, [newsOf("people", "failed")], testTools(), NEVER)).toEqual([
      'alert "mail": 1 of its 2 addresses was refused',
    ]);
    expect(server.got.map(({ to }) => to)).toEqual([["ops@example.com"]]);
    expect(await tellNews(teller, [newsOf("people", "failed")], testTools(), NEVER)).toEqual([]);
    expect(server.got).toHaveLength(1);
  });

  it.each([
    ["says nothing", ""],
    ["says half a line", "220 mail.exam"],
    ["greets and hangs", "220 mail.example.com\r\n"],
    ["never ends its answer", "220-more\r\n"],
  ])("that %s is left when the time is up", async (_, greeting) => {
    const tools = testTools();
    const url = await newRawServer((socket) => {
      socket.write(greeting);
      socket.once("close", () => {});
      setImmediate(tools.expire);
    });
    const teller = newTeller([mailTo(url, [OPS])]);
    expect(await tellNews(teller, [newsOf("people", "failed")], tools, NEVER)).toEqual([
      'alert "mail": it did not answer within 10 s',
    ]);
  });

  it("that breaks off, or is not there, is named by nothing of its URL", async () => {
    const url = await newRawServer((socket) => socket.destroy());
    expect(await send(mailOf(url))).toMatch(/^the connection failed \(\w+\)$/);
    expect(await send(mailOf("smtp://127.0.0.1:9"))).toBe("the connection failed (ECONNREFUSED)");
  });

  it("that floods its greeting is left", async () => {
    const url = await newRawServer((socket) => {
      const more = (): void => {
        if (!socket.destroyed) socket.write(`220-${"x".repeat(60_000)}\r\n`, () => setImmediate(more));
      };
      more();
    });
    expect(await send(mailOf(url))).toMatch(/^the connection failed/);
  });
});
