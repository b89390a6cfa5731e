import type { Clock } from "../../../src/contract/clock.ts";
import type { Conformance } from "../../../src/contract/conformance.ts";
import type { HubspotConfig } from "../config.ts";
import { openPortal, type Portal } from "./portal.ts";
import { anyObject } from "./probes-any-object.ts";
import { contactsOnly } from "./probes-contacts.ts";

/** Opens a portal for the probes. Faults: AUTH_REFUSED, DESTINATION_REFUSED. */
export async function openConformance(config: HubspotConfig, clock: Clock, object: string): Promise<Conformance> {
  const portal = await openPortal(config, clock, object);
  return {
    account: portal.label,
    assumptions: [...anyObject(portal), ...(object === "contacts" ? contactsOnly(portal) : [])],
    cleanUp: (signal) => cleanUp(portal, signal),
  };
}

const PAGE = 100;

async function cleanUp(portal: Portal, signal: AbortSignal) {
  const ids = [...portal.made];
  const left: string[] = [];
  for (let from = 0; from < ids.length; from += PAGE) {
    const page = ids.slice(from, from + PAGE);
    const inputs = page.map((id) => ({ id }));
    // A call that breaks off must not hide which records are left.
    const isGone = await portal.batch("archive", inputs, signal).then(
      (answer) => answer.status < 300,
      () => false,
    );
    if (!isGone) left.push(...page);
    else for (const id of page) portal.made.delete(id);
  }
  return { deleted: ids.length - left.length, left };
}
