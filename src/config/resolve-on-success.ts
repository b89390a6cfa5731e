import type { Sync } from "../contract/project.ts";
import { readEndpoint } from "./read-endpoint.ts";
import type { Work } from "./resolve-sync.ts";

/** Whom to call when a run succeeded; null for nobody. */
export function resolveOnSuccess({ layers, scope, tells, secrets, problems }: Work): Sync["onSuccess"] {
  const setting = layers.merged.on_success;
  if (setting === undefined || scope === null || !tells) return null;
  return readEndpoint(
    {
      url: setting.webhook,
      secret: setting.secret ?? null,
      allowsPrivate: setting.allow_private ?? false,
      isSlack: false,
      whose: "on_success",
      urlPlace: layers.place(["on_success", "webhook"]),
      secretPlace: layers.place(["on_success", "secret"]),
    },
    scope,
    secrets,
    problems,
  );
}
