import type { ConnectorDefinition } from "../contract/connector.ts";
import type { Problem } from "../contract/fault.ts";
import type { Connection } from "../contract/project.ts";
import { hint } from "../core/suggest.ts";
import { type Path, type Place, placeOf, problem } from "./problem.ts";
import { piecesOf, type Resolved, resolveText, type Scope } from "./references.ts";
import { shareOf } from "./resolve-guards.ts";
import { isSecretAt, type Outline, outlineOf, outlinesAt } from "./schema-outline.ts";
import { sharePercent, timezoneName } from "./schema-parts.ts";
import { troublesOf } from "./schema-problems.ts";
import type { YamlFile } from "./yaml-file.ts";

export type ConnectionInput = {
  readonly name: string;
  readonly file: YamlFile;
  /** Where the connection stands, the overlay of the environment first. */
  readonly paths: readonly Path[];
  /** The overlays merged, references not yet resolved. */
  readonly merged: Readonly<Record<string, unknown>>;
  readonly scope: Scope;
  readonly connectors: readonly ConnectorDefinition[];
};

export type ReadConnection = {
  readonly connection: Connection;
  readonly connector: ConnectorDefinition;
  readonly timezone: string | null;
  readonly secrets: readonly string[];
};

type Work = ConnectionInput & {
  readonly connector: ConnectorDefinition;
  readonly outline: Outline;
  readonly place: (path: Path, part?: "key" | "value") => Place;
  readonly problems: Problem[];
  readonly secrets: string[];
  /** Paths that could not be resolved, joined; nothing more is said about them. */
  readonly failed: Set<string>;
};

/** Resolves the references of one connection and reads it by its connector's schema; null, with problems, where it is not sound. */
export function readConnection(input: ConnectionInput, problems: Problem[]): ReadConnection | null {
  const place = (path: Path, part: "key" | "value" = "value") => {
    const home = input.paths.find((prefix) => input.file.has([...prefix, ...path])) ?? input.paths.at(-1) ?? [];
    return placeOf(input.file, [...home, ...path], part);
  };
  const { type, ...settings } = input.merged;
  const connector = connectorOf(input, type, place, problems);
  if (connector === null) return null;
  const own: Problem[] = [];
  const work: Work = {
    ...input,
    connector,
    place,
    outline: outlineOf(connector.config),
    problems: own,
    secrets: [],
    failed: new Set(),
  };
  const timezone = takeTimezone(work, settings);
  const reserve = takeReserve(work, settings);
  const resolved = resolveTree(work, settings, []) as Record<string, unknown>;
  checkSandboxToken(work, settings, resolved);
  const parsed = connector.config.safeParse(resolved);
  if (!parsed.success) own.push(...schemaTroubles(work, settings, resolved, parsed.error.issues));
  problems.push(...own);
  if (!parsed.success || own.length > 0) return null;
  const path = input.paths.at(-1) ?? [];
  const connection: Connection = {
    name: input.name,
    type: connector.type,
    config: parsed.data,
    reserve,
    source: input.file,
    path,
  };
  return { connection, connector, timezone, secrets: work.secrets };
}

function connectorOf(
  input: ConnectionInput,
  type: unknown,
  place: (path: Path, part?: "key" | "value") => Place,
  problems: Problem[],
): ConnectorDefinition | null {
  const types = input.connectors.map((connector) => connector.type);
  if (type === undefined) {
    const fix = `say what it is: type: ${types.join(" | ")}`;
    problems.push(problem(place([], "key"), "MISSING_KEY", `connection "${input.name}": missing key "type"`, fix));
    return null;
  }
  const found = input.connectors.find((connector) => connector.type === type);
  if (found !== undefined) return found;
  const word = typeof type === "string" ? type : "";
  const message = `connection "${input.name}": unknown type ${word === "" ? "" : `"${word}"`}`.trimEnd();
  problems.push(problem(place(["type"]), "UNKNOWN_CONNECTION_TYPE", message, hint(word, types, "types")));
  return null;
}

/** `timezone` may stand on every connection; a connector that knows it too gets it as well. */
function takeTimezone(work: Work, settings: Record<string, unknown>): string | null {
  const zone = settings.timezone;
  if (zone === undefined) return null;
  const parsed = timezoneName.safeParse(zone);
  if (!Object.hasOwn(work.outline.properties ?? {}, "timezone")) delete settings.timezone;
  if (parsed.success) return parsed.data;
  const message = `connection "${work.name}": timezone must be the name of a time zone, such as Europe/Berlin`;
  work.problems.push(problem(work.place(["timezone"]), "WRONG_VALUE", message));
  return null;
}

/** What is left to the account's other users where nothing is said. */
const RESERVE = 0.1;

/** `reserve` may stand on every destination: whose quotas a connector's own schema does not know. */
function takeReserve(work: Work, settings: Record<string, unknown>): number {
  const setting = settings.reserve;
  if (setting === undefined || work.connector.destination === null) return RESERVE;
  delete settings.reserve;
  const parsed = sharePercent.safeParse(setting);
  if (parsed.success) return shareOf(parsed.data);
  const message = `connection "${work.name}": reserve is a share of the daily quota, such as 10%`;
  work.problems.push(problem(work.place(["reserve"]), "WRONG_VALUE", message, "reserve: 10%"));
  return RESERVE;
}

function resolveTree(work: Work, value: unknown, path: Path): unknown {
  if (Array.isArray(value)) return value.map((item, index) => resolveTree(work, item, [...path, index]));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, resolveTree(work, inner, [...path, key])]),
    );
  }
  const isSecret = isSecretAt(work.outline, path);
  if (typeof value !== "string") {
    if (isSecret && value !== null) refuseLiteral(work, path);
    return value;
  }
  if (isSecret && !isSafeSecret(value)) return refuseLiteral(work, path);
  const resolved = resolveText(value, work.scope, work.place(path), `connection "${work.name}"`, work.problems);
  if (resolved === null) {
    work.failed.add(path.join("."));
    return "";
  }
  collectSecrets(work, resolved, isSecret);
  return resolved.references.length === 0 ? resolved.constant.text : typed(work.outline, path, resolved);
}

/** Only references, or the word `sandbox`, whose company is checked later. A var is no reference: its value stands in the file. */
function isSafeSecret(text: string): boolean {
  if (text === "sandbox") return true;
  const references = piecesOf(text).filter((piece) => typeof piece !== "string");
  return references.length > 0 && references.every((reference) => reference.scheme !== "var");
}

function refuseLiteral(work: Work, path: Path): string {
  const key = path.join(".");
  const variable = `${work.name}_${path.at(-1)}`.toUpperCase().replaceAll(/\W/g, "_");
  const message = `connection "${work.name}": ${key} is a secret and must not stand in the file`;
  const fix = `write "\${env:${variable}}" or "\${file:PATH}", and change the secret if the file was shared`;
  work.problems.push(problem(work.place(path), "SECRET_LITERAL", message, fix));
  work.failed.add(key);
  return "";
}

function collectSecrets(work: Work, resolved: Resolved, isSecret: boolean): void {
  for (const reference of resolved.references) {
    if (isSecret || reference.scheme === "file") work.secrets.push(reference.text);
  }
  if (isSecret && resolved.references.length > 0) work.secrets.push(resolved.constant.text);
}

/** A reference is always text; where the schema wants a number or a boolean, it becomes one. */
function typed(outline: Outline, path: Path, resolved: Resolved): unknown {
  const { text } = resolved.constant;
  const types = outlinesAt(outline, path).flatMap((one) => one.type ?? []);
  if (types.includes("string")) return text;
  if ((types.includes("number") || types.includes("integer")) && text.trim() !== "" && Number.isFinite(Number(text))) {
    return Number(text);
  }
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

function isLoopback(address: unknown): boolean {
  if (typeof address !== "string" || !URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function checkSandboxToken(work: Work, written: unknown, resolved: Record<string, unknown>): void {
  const literal = findSandboxToken(work, written, []);
  if (literal === null) return;
  const addresses = [resolved.base_url, resolved.login_url].filter((address) => address !== undefined);
  if (addresses.length > 0 && addresses.every(isLoopback)) return;
  const message = `connection "${work.name}": the token "sandbox" is only for a sandbox on this machine`;
  const fix = `add base_url: http://127.0.0.1:4010, or use the real token: "\${env:NAME}"`;
  work.problems.push(problem(work.place(literal), "SECRET_LITERAL", message, fix));
}

function findSandboxToken(work: Work, value: unknown, path: Path): Path | null {
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const found = findSandboxToken(work, inner, [...path, key]);
      if (found !== null) return found;
    }
    return null;
  }
  return value === "sandbox" && isSecretAt(work.outline, path) ? path : null;
}

function schemaTroubles(
  work: Work,
  written: unknown,
  resolved: unknown,
  issues: Parameters<typeof troublesOf>[1],
): Problem[] {
  const isReference = (path: Path) => {
    const text = path.reduce<unknown>(
      (value, key) => (value as Record<string | number, unknown> | null)?.[key],
      written,
    );
    return typeof text === "string" && text.includes("${");
  };
  const troubles = troublesOf(
    { schema: work.connector.config, value: resolved, placeOf: work.place, isHidden: isReference },
    issues,
  );
  return troubles
    .filter((trouble) => trouble.isUnknownKey || !work.failed.has(trouble.path.join(".")))
    .map(({ problem: one }) => ({
      ...one,
      message: `connection "${work.name}": ${one.message.replace(/^the file /, "it ")}`,
    }));
}
