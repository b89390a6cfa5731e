import { isIP } from "node:net";
import type { Mailbox } from "../contract/project.ts";
import type { SmtpServer } from "../core/smtp-url.ts";
import type { Posted } from "./post-message.ts";
import type { Mail } from "./send-mail.ts";

/** Longer than any deadline of ours: the signal ends a mail, these end what would outlive it. */
const TIMEOUT_MS = 30_000;
const MOST_ANSWER = 1_024;

export type Relay = SmtpServer & {
  /** Connected to, whatever the host's name resolves to by now. */
  readonly connectTo: string;
  /** Where plain text is allowed, a certificate that nobody vouches for is no worse. */
  readonly needsTls: boolean;
};

/** One mail on a connection of its own. Never rejects. */
export async function postMail(mail: Mail, relay: Relay, signal: AbortSignal): Promise<Posted> {
  // Loaded by who sends mail: it would hold up every other command.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport(connectionOf(relay));
  try {
    const { rejected } = await transport.sendMail({ ...messageOf(mail), signal });
    const missed =
      rejected.length === 0
        ? null
        : `${rejected.length} of its ${mail.to.length} addresses ${rejected.length === 1 ? "was" : "were"} refused`;
    return { ok: true, missed };
  } catch (error) {
    return failureOf(error);
  } finally {
    transport.close();
  }
}

function connectionOf({ host, port, isTls, login, connectTo, needsTls }: Relay) {
  return {
    host: connectTo,
    port,
    secure: isTls,
    requireTLS: needsTls && !isTls,
    // The certificate must be the name's, not the address's.
    tls: { rejectUnauthorized: needsTls, ...(isIP(host) === 0 ? { servername: host } : {}) },
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password }, forceAuth: true }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    socketCloseTimeout: 0,
    maxResponseSize: 64 * 1024,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function messageOf({ id, sentAt, from, to, subject, text }: Mail) {
  const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
  return {
    from: headerOf(from),
    to: to.map(headerOf),
    envelope: { from: from.address, to: to.map(({ address }) => address) },
    subject,
    text,
    textEncoding: "quoted-printable" as const,
    date: new Date(sentAt),
    messageId: `<${id}@${domain}>`,
    xMailer: false as const,
    // Nobody's absence note answers it: RFC 3834.
    headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "X-Sluice-Delivery": id },
  };
}

const headerOf = ({ name, address }: Mailbox) => ({ name, address });

function failureOf(error: unknown): Posted {
  const { code, originalCode, response, responseCode } = error as Record<string, unknown>;
  if (typeof response === "string" && typeof responseCode === "number") {
    const said = response.slice(0, MOST_ANSWER);
    const why = code === "ETLS" ? `it has no STARTTLS: ${said}` : `it answered ${said}`;
    return { ok: false, why, mayPass: responseCode < 500 };
  }
  const shown = [originalCode, code].find((one) => typeof one === "string");
  if (code === "ETLS") return { ok: false, why: "TLS could not be begun with it", mayPass: false };
  return { ok: false, why: `the connection failed (${shown ?? "error"})`, mayPass: code !== "EAUTH" };
}
