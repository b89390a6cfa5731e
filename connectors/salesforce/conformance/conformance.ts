import type { Clock } from "../../../src/contract/clock.ts";
import type { Conformance } from "../../../src/contract/conformance.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { SalesforceConfig } from "../config.ts";
import { type Org, openOrg } from "./org.ts";
import { keys } from "./probes-keys.ts";
import { oneObject } from "./probes-one-object.ts";
import { picklists } from "./probes-picklists.ts";
import { reads } from "./probes-reads.ts";
import { writes } from "./probes-writes.ts";
import { codesOf, rowsOf, words } from "./seen.ts";
import { openSubject, remove } from "./subject.ts";

/**
 * Opens an org for the probes; writes nothing yet. Which assumptions there are depends on the object's name alone, so that
 * two orgs can be laid side by side. Faults: AUTH_REFUSED, DESTINATION_UNREACHABLE, DESTINATION_REFUSED.
 */
export async function openConformance(config: SalesforceConfig, clock: Clock, object: string): Promise<Conformance> {
  const signal = new AbortController().signal;
  const org = await openOrg(config, clock, signal);
  const subject = await openSubject(org, clock, object, signal);
  return {
    account: org.label,
    assumptions: [
      ...writes(subject),
      ...keys(subject, clock),
      ...reads(subject),
      ...picklists(subject),
      ...oneObject(subject, clock),
    ],
    cleanUp: (until) => cleanUp(org, until),
  };
}

const PAGE = 200;

/** The newest first: children go before the parents that they would hold. */
async function cleanUp(org: Org, signal: AbortSignal) {
  const ids = [...org.made].reverse();
  const left: string[] = [];
  for (let from = 0; from < ids.length; from += PAGE) {
    const page = ids.slice(from, from + PAGE);
    const whys = await removePage(org, page, signal);
    for (const [index, id] of page.entries()) {
      const why = whys[index];
      if (why === null) org.made.delete(id);
      else left.push(`${id} (${why ?? "no answer"})`);
    }
  }
  return { deleted: ids.length - left.length, left };
}

/** By id: null where it is gone, else why not. Never throws for a call that failed: what is left must be said. */
async function removePage(org: Org, ids: readonly string[], signal: AbortSignal): Promise<readonly (string | null)[]> {
  try {
    const answer = await remove(org, ids, signal);
    const rows = rowsOf(answer);
    return ids.map((_, index) => {
      const row = rows[index];
      if (row === undefined) return words(answer);
      return row.success === true || codesOf(row).includes("ENTITY_IS_DELETED") ? null : codesOf(row).join(" ");
    });
  } catch (error) {
    if (error instanceof Fault) return ids.map(() => error.message);
    throw error;
  }
}
