import { readEndpointUrl } from "./endpoint-url.ts";

export type SmtpServer = {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise by STARTTLS. */
  readonly isTls: boolean;
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly isLoopback: boolean;
  /** The host where it is an address; null where it is a name to resolve. */
  readonly address: string | null;
};

export type SmtpUrl =
  | { readonly ok: true; readonly server: SmtpServer }
  /** Half a sentence that goes on from the setting's name. It shows nothing of the URL. */
  | { readonly ok: false; readonly why: string };

const EXAMPLE = "smtps://USER:PASSWORD@smtp.example.com:465";

/** Whether it is a mail server on this machine, written out, and without a login. */
export function isLoopbackSmtp(text: string): boolean {
  return /^smtps?:\/\/(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?\/?$/i.test(text);
}

/** Reads `smtps://user:password@host:465` (TLS) or `smtp://host:587` (STARTTLS); user and password are URL-encoded there. */
export function readSmtpUrl(text: string, allowsPrivate: boolean): SmtpUrl {
  const refuse = (why: string): SmtpUrl => ({ ok: false, why });
  if (!URL.canParse(text)) return refuse(`must be a URL, such as ${EXAMPLE}`);
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== "smtps:" && protocol !== "smtp:") return refuse("must begin with smtps:// or smtp://");
  if ((pathname !== "" && pathname !== "/") || search !== "" || hash !== "")
    return refuse(`must end after the port: ${EXAMPLE}`);
  const login = readLogin(username, password);
  if (login === "wrong") return refuse("must hold both a user and a password, URL-encoded, or none");
  // How a host may be written, and which addresses are anybody's, is one rule for all messages.
  const asHttps = `https://${hostname}/`;
  if (hostname === "" || !URL.canParse(asHttps)) return refuse(`must be a URL, such as ${EXAMPLE}`);
  const read = readEndpointUrl(asHttps, allowsPrivate);
  if (!read.ok) return refuse(read.why);
  const isTls = protocol === "smtps:";
  const server = {
    host: read.url.hostname.replaceAll(/[[\]]/g, ""),
    port: port === "" ? (isTls ? 465 : 587) : Number(port),
    isTls,
    login,
    isLoopback: read.isLoopback,
    address: read.address,
  };
  return { ok: true, server };
}

function readLogin(user: string, password: string): SmtpServer["login"] | "wrong" {
  if (user === "" && password === "") return null;
  try {
    const login = { user: decodeURIComponent(user), password: decodeURIComponent(password) };
    return login.user === "" || login.password === "" || /[\0\r\n]/.test(login.user + login.password) ? "wrong" : login;
  } catch {
    return "wrong";
  }
}
