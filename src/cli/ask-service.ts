import { Fault, type FaultCode, isFaultCode } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import { readPlace } from "../service/note-place.ts";
import type { Services } from "./services.ts";

/** The service that works on this project, asked as its own user. */
export interface ServiceLine {
  readonly url: string;
  /** JSON of a good answer. Faults: what the service refused, with its code's own words; CANCELLED where the signal aborts. */
  ask(method: "GET" | "POST", path: string, body: object | null, signal: AbortSignal): Promise<Record<string, unknown>>;
}

/** null where no service is at work on the project; what a dead one left behind is nobody's. */
export async function findService(project: Project, services: Services): Promise<ServiceLine | null> {
  const place = await readPlace(project.workDir);
  if (place === null || services.isDead(place.holder)) return null;
  return {
    url: place.url,
    ask: async (method, path, body, signal) => {
      const response = await fetch(`${place.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${place.key}`,
          ...(body === null ? {} : { "content-type": "application/json" }),
        },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
        signal,
      }).catch((error: unknown) => {
        if (signal.aborted) throw new Fault("CANCELLED", "cancelled", { cause: error });
        throw new Fault("PLANNER_BUSY", `the service at ${place.url} works on this project and does not answer`, {
          fix: "look at its log; stop it and run again",
          cause: error,
        });
      });
      const answer = (await response.json()) as Record<string, unknown>;
      if (response.ok) return answer;
      const { code, detail, fix } = answer;
      throw new Fault(faultCode(code), `the service at ${place.url} refused: ${String(detail)}`, {
        fix: typeof fix === "string" ? fix : "look at the service's log",
      });
    },
  };
}

/** The service's code as a fault's; one that only its API knows is a failure of ours here. */
export function faultCode(code: unknown): FaultCode {
  return isFaultCode(code) ? code : "INTERNAL";
}
