import type { Endpoint, Mailbox } from "../contract/project.ts";
import { addressKind } from "../core/address-kind.ts";
import { readSmtpUrl, type SmtpServer } from "../core/smtp-url.ts";
import type { MailText } from "./mail-text.ts";
import { postMail, type Relay } from "./post-mail.ts";
import type { Posted } from "./post-message.ts";
import { reachHost } from "./reach-endpoint.ts";
import { type SendTools, tryTwice } from "./try-twice.ts";

export type Mail = MailText & {
  readonly endpoint: Endpoint;
  readonly id: string;
  /** ms since the epoch. */
  readonly sentAt: number;
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
};

/** Sends it by SMTP, a second time where the first may have met a passing trouble: with the same Message-ID. */
export async function sendMail(mail: Mail, tools: SendTools, signal: AbortSignal): Promise<Posted> {
  const { url, allowsPrivate } = mail.endpoint;
  const read = readSmtpUrl(url, allowsPrivate);
  if (!read.ok) return { ok: false, why: `its URL ${read.why}`, mayPass: false };
  const { server } = read;
  // TLS is never left out towards a public address, so that none of them counts as plain.
  const host = { ...server, name: server.host, allowsPrivate, isPlain: false };
  const reached = await reachHost(host, tools.resolveHost, signal);
  if (!reached.ok) return { ...reached, mayPass: false };
  const post = (connectTo: string) => postMail(mail, relayOf(server, connectTo), signal);
  return tryTwice(post, reached.addresses, tools, signal);
}

/** Plain text is for this machine and for a private network that is allowed; the internet reads along. */
export function relayOf(server: SmtpServer, connectTo: string): Relay {
  return { ...server, connectTo, needsTls: server.isTls || addressKind(connectTo) === "public" };
}
