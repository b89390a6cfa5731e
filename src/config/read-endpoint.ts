import type { Problem } from "../contract/fault.ts";
import type { Endpoint } from "../contract/project.ts";
import { isLoopbackUrl, readEndpointUrl } from "../core/endpoint-url.ts";
import { type Place, problem, warning } from "./problem.ts";
import { piecesOf, resolveText, type Scope } from "./references.ts";

export type EndpointInput = {
  /** As written, references and all. */
  readonly url: string;
  readonly secret: string | null;
  readonly allowsPrivate: boolean;
  /** A URL of Slack is always a secret. */
  readonly isSlack: boolean;
  /** Names the setting in problems: `alert "ops"`. */
  readonly whose: string;
  readonly urlPlace: Place;
  readonly secretPlace: Place;
};

/** Shorter paths (/hook) are no key, and would blank other texts. */
const SHORTEST_SECRET_PATH = 12;

/**
 * Reads where a message goes; null where that cannot be told. A value that is missing on this machine, or is no good, only
 * warns: what tells of runs must not stop one.
 */
export function readEndpoint(
  input: EndpointInput,
  scope: Scope,
  secrets: string[],
  problems: Problem[],
): Endpoint | null {
  const isReferred = isReference(input.url);
  if (!isReferred && !mayBeWritten(input)) return refuseLiteral(input, "url", input.urlPlace, problems);
  if (input.secret !== null && !isReference(input.secret))
    return refuseLiteral(input, "secret", input.secretPlace, problems);
  const text = resolveHere(input.url, input.urlPlace, input.whose, scope, problems);
  const secret =
    input.secret === null ? null : resolveHere(input.secret, input.secretPlace, input.whose, scope, problems);
  if (secret !== null) secrets.push(secret);
  if (text === null) return null;
  if (isReferred) secrets.push(text);
  const read = readEndpointUrl(text, input.allowsPrivate);
  if (!read.ok) {
    const report = isReferred ? warning : problem;
    problems.push(report(input.urlPlace, "WRONG_VALUE", `${input.whose}: its URL ${read.why}`));
    return null;
  }
  // Who is told the path knows the key: no answer and no error may show it either.
  const path = `${read.url.pathname}${read.url.search}`;
  if (isReferred && path.length >= SHORTEST_SECRET_PATH) secrets.push(read.url.pathname, path);
  if (input.secret !== null && secret === null) return null;
  return { url: text, secret, allowsPrivate: input.allowsPrivate };
}

/** Only `${env:…}` and `${file:…}`: a var's value stands in the file. */
export function isReference(text: string): boolean {
  const references = piecesOf(text).filter((piece) => typeof piece !== "string");
  return references.length > 0 && references.every(({ scheme }) => scheme !== "var");
}

/** Where the body is signed, or nobody else can reach it, the URL is no key; one with a query or a login may hold one. */
function mayBeWritten({ url, secret, isSlack }: EndpointInput): boolean {
  if (isLoopbackUrl(url)) return true;
  return !isSlack && secret !== null && !/[?@]/.test(url);
}

function refuseLiteral({ whose, isSlack }: EndpointInput, key: string, place: Place, problems: Problem[]): null {
  const message = `${whose}: ${key === "url" ? "its URL" : "its secret"} is a secret and must not stand in the file`;
  const variable = `${whose}_${key}`
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replace(/^ALERT_/, "");
  const orElse = key === "url" && !isSlack ? ", or sign the body with secret: and leave ? and @ out of the URL" : "";
  const fix = `write "\${env:${variable}}" or "\${file:PATH}"${orElse}`;
  problems.push(problem(place, "SECRET_LITERAL", message, fix));
  return null;
}

/** Resolves a text of what only tells of runs: what is missing on this machine is a warning, not a problem. */
export function resolveHere(
  text: string,
  place: Place,
  whose: string,
  scope: Scope,
  problems: Problem[],
): string | null {
  const found: Problem[] = [];
  const resolved = resolveText(text, scope, place, whose, found);
  const isMissing = (one: Problem) => one.code === "ENV_MISSING" || one.code === "FILE_MISSING";
  problems.push(
    ...found.map(
      (one): Problem =>
        isMissing(one) ? { ...one, severity: "warning", message: `${one.message}; nobody is told` } : one,
    ),
  );
  return resolved?.constant.text ?? null;
}
