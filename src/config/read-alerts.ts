import type { Problem } from "../contract/fault.ts";
import { ALERT_EVENTS, type Alert, EVENT_SEVERITY, SEVERITIES } from "../contract/project.ts";
import type { AlertFile, MailAlertFile } from "./alert-schema.ts";
import { placeOf, problem } from "./problem.ts";
import { readEndpoint } from "./read-endpoint.ts";
import { readMail } from "./read-mail.ts";
import type { Scope } from "./references.ts";
import type { YamlFile } from "./yaml-file.ts";

/** Reads `alerts:` of sluice.yml; one whose address is missing on this machine is left out, with a warning. */
export function readAlerts(
  file: YamlFile,
  alerts: Readonly<Record<string, AlertFile>>,
  scope: Scope,
  secrets: string[],
  problems: Problem[],
): Map<string, Alert> {
  const read = new Map<string, Alert>();
  for (const [name, alert] of Object.entries(alerts)) {
    const filter = readFilter(file, name, alert, problems);
    const way =
      alert.type === "email"
        ? readMail(file, name, alert, scope, secrets, problems)
        : readHook(file, name, alert, scope, secrets, problems);
    if (way !== null) read.set(name, { name, ...way, ...filter });
  }
  return read;
}

function readFilter(file: YamlFile, name: string, alert: AlertFile, problems: Problem[]) {
  const { on = ALERT_EVENTS, severity = "info", owners = null } = alert;
  const least = SEVERITIES.indexOf(severity);
  if (!on.some((event) => SEVERITIES.indexOf(EVENT_SEVERITY[event]) <= least)) {
    const graver = ALERT_EVENTS.filter((event) => SEVERITIES.indexOf(EVENT_SEVERITY[event]) <= least);
    const message = `alert "${name}": it would tell nothing, as ${on.join(", ")} ${on.length === 1 ? "is" : "are"} less than ${severity}`;
    const place = placeOf(file, ["alerts", name, "severity"]);
    problems.push(problem(place, "WRONG_VALUE", message, `remove severity, or add one of: ${graver.join(", ")}`));
  }
  return { on, severity, owners };
}

function readHook(
  file: YamlFile,
  name: string,
  alert: Exclude<AlertFile, MailAlertFile>,
  scope: Scope,
  secrets: string[],
  problems: Problem[],
): Pick<Extract<Alert, { type: "slack" | "webhook" }>, "type" | "endpoint"> | null {
  const path = ["alerts", name];
  const isSlack = alert.type === "slack";
  if (isSlack && alert.secret !== undefined) {
    const place = placeOf(file, [...path, "secret"], "key");
    const message = `alert "${name}": Slack checks no signature`;
    problems.push(problem(place, "WRONG_VALUE", message, "remove secret: Slack's URL is the secret"));
    return null;
  }
  const endpoint = readEndpoint(
    {
      url: alert.url,
      secret: alert.secret ?? null,
      allowsPrivate: alert.allow_private ?? false,
      isSlack,
      whose: `alert "${name}"`,
      urlPlace: placeOf(file, [...path, "url"]),
      secretPlace: placeOf(file, [...path, "secret"]),
    },
    scope,
    secrets,
    problems,
  );
  return endpoint === null ? null : { type: alert.type, endpoint };
}
