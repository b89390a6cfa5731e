import type { Problem } from "../contract/fault.ts";
import type { Hook, HookCall, Hooks, HookWait } from "../contract/hook.ts";
import type { Endpoint } from "../contract/project.ts";
import { isLoopbackUrl, readEndpointUrl } from "../core/endpoint-url.ts";
import type { DbtCloudFile, HookFile, WebhookFile } from "./hook-schema.ts";
import { type Path, problem, warning } from "./problem.ts";
import { isReference } from "./read-endpoint.ts";
import { resolveText, type Scope } from "./references.ts";
import type { Work } from "./resolve-sync.ts";
import { durationMs } from "./schema-parts.ts";

const EVERY = "10s";
const TIMEOUT = "1h";
const DBT_HOST = "cloud.getdbt.com";
/** Names of headers and of keys of a body whose values nobody may read. */
const SECRET_NAME = /auth|token|secret|password|credential|cookie|(^|[-_])key$|api-?key/i;

/** The part of a project's reading that a hook needs, and where the hook stands. */
type At = Work & { readonly scope: Scope; readonly sync: string; readonly label: string; readonly path: Path };

/** What is called around each run. What is missing on this machine is a warning: only the service calls it. */
export function resolveHooks(work: Work, sync: string): Hooks {
  const { scope } = work;
  const setting = work.layers.merged.hooks;
  if (setting === undefined || scope === null) return { before: [], after: [] };
  const read = (when: "before" | "after") =>
    (setting[when] ?? []).map((hook, index) =>
      resolveHook({ ...work, scope, sync, label: `hooks.${when}[${index + 1}]`, path: ["hooks", when, index] }, hook),
    );
  return { before: read("before"), after: read("after") };
}

function resolveHook(at: At, hook: HookFile): Hook {
  if ("dbt_cloud" in hook)
    return { label: `dbt Cloud job ${hook.dbt_cloud.job}`, call: resolveDbtCloud(at, hook.dbt_cloud) };
  return { label: at.label, call: resolveWebhook(at, hook) };
}

/** https://docs.getdbt.com/dbt-cloud/api-v2: runs are 10 when they succeeded, 20 when they failed, 30 when somebody cancelled them. */
function resolveDbtCloud(at: At, { account, job, token, host, timeout }: DbtCloudFile): HookCall | null {
  const below = { ...at, path: [...at.path, "dbt_cloud"] };
  const key = resolveSecret(below, "token", token);
  if (key === null) return null;
  const root = `https://${host ?? DBT_HOST}/api/v2/accounts/${account}`;
  const headers = { authorization: `Token ${key}` };
  const endpoint = (url: string): Endpoint => ({ url, secret: null, allowsPrivate: false });
  return {
    endpoint: endpoint(`${root}/jobs/${job}/run/`),
    headers,
    body: JSON.stringify({ cause: `sluice ${at.sync}` }),
    wait: {
      endpoint: endpoint(`${root}/runs/{id}/`),
      headers,
      idPath: ["data", "id"],
      statusPath: ["data", "status"],
      success: ["10"],
      failure: ["20", "30"],
      everyMs: durationMs(EVERY),
      timeoutMs: durationMs(timeout ?? TIMEOUT),
    },
  };
}

function resolveWebhook(at: At, hook: WebhookFile): HookCall | null {
  const secret = hook.secret === undefined ? null : resolveSecret(at, "secret", hook.secret);
  const headers = resolveHeaders(at, ["headers"], hook.headers);
  const hasKey = hook.secret !== undefined || Object.values(hook.headers ?? {}).some(isReference);
  const allowsPrivate = hook.allow_private ?? false;
  const url = resolveUrl(at, ["webhook"], hook.webhook, { hasKey, allowsPrivate });
  const body = hook.body === undefined ? null : resolveBody(at, hook.body);
  const wait = hook.wait_for === undefined ? null : resolveWait(at, hook.wait_for, allowsPrivate);
  const isMissing = hook.secret !== undefined && secret === null;
  if (isMissing || url === null || headers === null || body === MISSING || wait === MISSING) return null;
  return { endpoint: { url, secret, allowsPrivate }, headers, body, wait };
}

const MISSING = Symbol("a value of it is not here");

function resolveWait(
  at: At,
  setting: NonNullable<WebhookFile["wait_for"]>,
  allowsPrivate: boolean,
): HookWait | typeof MISSING {
  const headers = resolveHeaders(at, ["wait_for", "headers"], setting.headers);
  const url = resolveUrl(at, ["wait_for", "url"], setting.url, { hasKey: true, allowsPrivate });
  const texts = (states: readonly (string | number | boolean)[] = []): string[] => states.map(String);
  checkWait(at, setting, url);
  if (headers === null || url === null) return MISSING;
  return {
    endpoint: { url, secret: null, allowsPrivate },
    headers,
    idPath: url.includes("{id}") ? (setting.id ?? "").split(".") : null,
    statusPath: setting.status.split("."),
    success: texts(setting.success),
    failure: texts(setting.failure),
    everyMs: durationMs(setting.every ?? EVERY),
    timeoutMs: durationMs(setting.timeout ?? TIMEOUT),
  };
}

function checkWait(at: At, setting: NonNullable<WebhookFile["wait_for"]>, url: string | null): void {
  const refuse = (key: string, message: string, fix: string) =>
    at.problems.push(problem(placeAt(at, ["wait_for", key]), "WRONG_VALUE", `${at.label}: ${message}`, fix));
  const asksId = (url ?? setting.url).includes("{id}");
  if (asksId && setting.id === undefined)
    refuse("url", "its wait_for.url has {id}, and nothing says where the id stands", "add id: data.id");
  if (!asksId && url !== null && setting.id !== undefined)
    refuse("id", "its wait_for.url has no {id}", "write {id} where the id belongs, or remove id");
  const both = setting.success.map(String).find((state) => setting.failure?.map(String).includes(state));
  if (both !== undefined)
    refuse("failure", `the state ${JSON.stringify(both)} is both success and failure`, "remove it from one of them");
}

/** null where it is missing here, or no good. One with a query or a login may hold a key, and does not stand in the file. */
function resolveUrl(
  at: At,
  path: Path,
  written: string,
  { hasKey, allowsPrivate }: { hasKey: boolean; allowsPrivate: boolean },
): string | null {
  const place = placeAt(at, path);
  const whose = `${at.label}: its ${path.join(".")}`;
  const isReferred = isReference(written);
  if (!isReferred && !isLoopbackUrl(written) && (!hasKey || /[?@]/.test(written))) {
    const message = `${whose} may be a secret and must not stand in the file`;
    const fix = `write "\${env:NAME}" or "\${file:PATH}", or give the key in a header or by secret: and leave ? and @ out`;
    at.problems.push(problem(place, "SECRET_LITERAL", message, fix));
    return null;
  }
  const text = resolveHere(at, path, written, isReferred);
  if (text === null) return null;
  const report = isReferred ? warning : problem;
  const read = readEndpointUrl(text.replaceAll("{id}", "0"), allowsPrivate);
  const isSteady = read.ok && read.url.origin === originOf(text.replaceAll("{id}", "1"));
  if (read.ok && isSteady) return text;
  const why = read.ok ? "must have {id} in its path or its query alone" : read.why;
  at.problems.push(report(place, "WRONG_VALUE", `${whose} ${why}`));
  return null;
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}

function resolveSecret(at: At, key: string, written: string): string | null {
  if (isReference(written)) return resolveHere(at, [key], written, true);
  const message = `${at.label}: its ${key} is a secret and must not stand in the file`;
  at.problems.push(problem(placeAt(at, [key]), "SECRET_LITERAL", message, `write "\${env:NAME}" or "\${file:PATH}"`));
  return null;
}

function resolveHeaders(
  at: At,
  path: Path,
  headers: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> | null {
  const resolved = Object.entries(headers).map(([name, written]): [string, string | null] => {
    const isSecret = SECRET_NAME.test(name);
    const place = placeAt(at, [...path, name]);
    if (isSecret && !/\$\{(env|file):/.test(written)) {
      const message = `${at.label}: its header ${name} is a secret and must not stand in the file`;
      at.problems.push(problem(place, "SECRET_LITERAL", message, `write "\${env:NAME}" or "\${file:PATH}"`));
      return [name, null];
    }
    const value = resolveHere(at, [...path, name], written, isSecret);
    if (value === null || /^[\x20-\x7e]*$/.test(value)) return [name.toLowerCase(), value];
    at.problems.push(
      warning(place, "WRONG_VALUE", `${at.label}: its header ${name} has characters that no header may`),
    );
    return [name, null];
  });
  if (resolved.some(([, value]) => value === null)) return null;
  return Object.fromEntries(resolved) as Record<string, string>;
}

/** JSON with the references in its texts resolved. */
function resolveBody(at: At, body: Readonly<Record<string, unknown>>): string | typeof MISSING {
  let isMissing = false;
  const visit = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((inner, index) => visit(inner, [...path, index]));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner, [...path, key])]));
    if (typeof value !== "string") return value;
    const resolved = resolveHere(at, path, value, SECRET_NAME.test(String(path.at(-1))));
    isMissing ||= resolved === null;
    return resolved;
  };
  const text = JSON.stringify(visit(body, ["body"]));
  return isMissing ? MISSING : text;
}

/** The text with its references in place; those that are secrets are kept from every output. */
function resolveHere(at: At, path: Path, written: string, isSecret: boolean): string | null {
  const found: Problem[] = [];
  const resolved = resolveText(written, at.scope, placeAt(at, path), at.label, found);
  at.problems.push(...found.map(notHere));
  for (const { scheme, text } of resolved?.references ?? [])
    if (scheme === "file" || (isSecret && scheme === "env")) at.secrets.push(text);
  return resolved?.constant.text ?? null;
}

function notHere(one: Problem): Problem {
  if (one.code !== "ENV_MISSING" && one.code !== "FILE_MISSING") return one;
  return { ...one, severity: "warning", message: `${one.message}; the service cannot call it here` };
}

function placeAt({ layers, path }: At, below: Path) {
  return layers.place([...path, ...below]);
}
