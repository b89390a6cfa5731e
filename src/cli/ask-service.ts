import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { Fault, type FaultCode, isFaultCode } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import { type Place, readPlace } from "../service/note-place.ts";
import type { Services } from "./services.ts";

/** The service that works on this project, asked as its own user. */
export interface ServiceLine {
  readonly url: string;
  /**
   * JSON of a good answer, however long it takes to come. Faults: what the service refused, with its code's own words; PLANNER_BUSY
   * where it does not answer, or is of a version that knows nothing of this; CANCELLED where the signal aborts.
   */
  ask(method: "GET" | "POST", path: string, body: object | null, signal: AbortSignal): Promise<Record<string, unknown>>;
}

/** null where no service is at work on the project; what a dead one left behind is nobody's. */
export async function findService(project: Project, services: Services): Promise<ServiceLine | null> {
  const place = await readPlace(project.workDir);
  if (place === null || services.isDead(place.holder)) return null;
  return {
    url: place.url,
    ask: async (method, path, body, signal) => {
      const { isOk, answer } = await exchange(place, method, path, body, signal).catch((error: unknown) => {
        if (signal.aborted) throw new Fault("CANCELLED", "cancelled", { cause: error });
        throw new Fault("PLANNER_BUSY", `the service at ${place.url} works on this project and does not answer`, {
          fix: "look at its log; stop it and run again",
          cause: error,
        });
      });
      if (isOk) return answer;
      const { code, detail, fix } = answer;
      if (code === "NOT_FOUND")
        throw new Fault(
          "PLANNER_BUSY",
          `the service at ${place.url} is of another version of Sluice: ${String(detail)}`,
          {
            fix: "start it anew with this version, or stop it for this command",
          },
        );
      throw new Fault(faultCode(code), `the service at ${place.url} refused: ${String(detail)}`, {
        fix: typeof fix === "string" ? fix : "look at the service's log",
      });
    },
  };
}

/** `fetch` would give up after five minutes, and a backup may wait and copy for longer. */
async function exchange(
  { url, key }: Place,
  method: string,
  path: string,
  body: object | null,
  signal: AbortSignal,
): Promise<{ readonly isOk: boolean; readonly answer: Record<string, unknown> }> {
  const sent = body === null ? "" : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${key}`,
    ...(body === null ? {} : { "content-type": "application/json" }),
    "content-length": Buffer.byteLength(sent),
  };
  const call = request(`${url}${path}`, { method, headers, agent: false, signal });
  call.end(sent);
  const [response] = (await once(call, "response")) as [IncomingMessage];
  const { statusCode = 0 } = response;
  return { isOk: statusCode >= 200 && statusCode < 300, answer: JSON.parse(await text(response)) };
}

/** The service's code as a fault's; one that only its API knows is a failure of ours here. */
export function faultCode(code: unknown): FaultCode {
  return isFaultCode(code) ? code : "INTERNAL";
}
