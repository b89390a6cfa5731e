import type { Problem } from "../contract/fault.ts";
import type { Alert, Endpoint, Mailbox } from "../contract/project.ts";
import { readMailbox } from "../core/mailbox.ts";
import { isLoopbackSmtp, readSmtpUrl } from "../core/smtp-url.ts";
import type { MailAlertFile } from "./alert-schema.ts";
import { type Path, type Place, placeOf, problem, warning } from "./problem.ts";
import { isReference, resolveHere } from "./read-endpoint.ts";
import type { Scope } from "./references.ts";
import type { YamlFile } from "./yaml-file.ts";

type MailWay = Pick<Extract<Alert, { type: "email" }>, "type" | "endpoint" | "from" | "to">;

/** Reads an alert of type email; null where nobody could be told, which is a problem or, for this machine only, a warning. */
export function readMail(
  file: YamlFile,
  name: string,
  alert: MailAlertFile,
  scope: Scope,
  secrets: string[],
  problems: Problem[],
): MailWay | null {
  const place = (...path: Path): Place => placeOf(file, ["alerts", name, ...path]);
  const whose = `alert "${name}"`;
  const mailbox = (text: string, key: string, where: Place): Mailbox | null => {
    const full = resolveHere(text, where, whose, scope, problems);
    const read = full === null ? null : readMailbox(full);
    if (full !== null && read === null) {
      const report = isReference(text) ? warning : problem;
      const message = `${whose}: ${key} must be an address, such as ada@example.com or "Ada <ada@example.com>"`;
      problems.push(report(where, "WRONG_VALUE", message));
    }
    return read;
  };
  const endpoint = readServer(alert, name, place("smtp"), scope, secrets, problems);
  const from = mailbox(alert.from, "from", place("from"));
  if (alert.to === "owner")
    return endpoint === null || from === null ? null : { type: "email", endpoint, from, to: "owner" };
  const isList = typeof alert.to !== "string";
  const to = [alert.to].flat().map((text, index) => mailbox(text, "to", isList ? place("to", index) : place("to")));
  const found = to.filter((one) => one !== null);
  if (endpoint === null || from === null || found.length === 0) return null;
  return { type: "email", endpoint, from, to: found };
}

function readServer(
  { smtp, allow_private: allowsPrivate = false }: MailAlertFile,
  name: string,
  place: Place,
  scope: Scope,
  secrets: string[],
  problems: Problem[],
): Endpoint | null {
  const whose = `alert "${name}"`;
  const isReferred = isReference(smtp);
  if (!isReferred && !isLoopbackSmtp(smtp)) {
    const variable = `${name}_SMTP_URL`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
    const message = `${whose}: its mail server is a secret and must not stand in the file`;
    problems.push(problem(place, "SECRET_LITERAL", message, `write "\${env:${variable}}" or "\${file:PATH}"`));
    return null;
  }
  const url = resolveHere(smtp, place, whose, scope, problems);
  if (url === null) return null;
  if (isReferred) secrets.push(url);
  const read = readSmtpUrl(url, allowsPrivate);
  if (!read.ok) {
    problems.push((isReferred ? warning : problem)(place, "WRONG_VALUE", `${whose}: its URL ${read.why}`));
    return null;
  }
  if (isReferred) secrets.push(...secretsOf(url, read.server.login));
  return { url, secret: null, allowsPrivate };
}

/** A user that is one plain word, such as "apikey", opens nothing, and would blank other texts. */
function secretsOf(url: string, login: { readonly user: string; readonly password: string } | null): string[] {
  if (login === null) return [];
  const { username, password: written } = new URL(url);
  const { user, password } = login;
  const users = /^[a-z]+$/i.test(user) ? [] : [user, username];
  // The last one is what AUTH PLAIN sends in base64, which a server may say back.
  return [...new Set([password, written, ...users, `\0${user}\0${password}`])];
}
