import type { Problem } from "../contract/fault.ts";
import { ALERT_EVENTS, type Alert } from "../contract/project.ts";
import type { AlertFile } from "./alert-schema.ts";
import { placeOf, problem } from "./problem.ts";
import { readEndpoint } from "./read-endpoint.ts";
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
    const path = ["alerts", name];
    const isSlack = alert.type === "slack";
    if (isSlack && alert.secret !== undefined) {
      const place = placeOf(file, [...path, "secret"], "key");
      const message = `alert "${name}": Slack checks no signature`;
      problems.push(problem(place, "WRONG_VALUE", message, "remove secret: Slack's URL is the secret"));
      continue;
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
    if (endpoint !== null) read.set(name, { name, type: alert.type, endpoint, on: alert.on ?? ALERT_EVENTS });
  }
  return read;
}
