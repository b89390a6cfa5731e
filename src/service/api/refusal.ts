import type { Fault, Problem } from "../../contract/fault.ts";
import type { Answer } from "./route.ts";

/** The body of everything that is refused, RFC 9457. */
export type ProblemBody = {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fix: string | null;
  readonly problems?: readonly Problem[];
};

export const PROBLEM_TYPE = "application/problem+json";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Who is it?",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  408: "Too slow",
  409: "Conflict",
  413: "Too large",
  414: "Too long",
  415: "Wrong kind of body",
  421: "Wrong host",
  422: "Not as it should be",
  429: "Too many",
  431: "Too large",
  500: "Failed",
  503: "Not now",
};

export function refusal(
  status: number,
  code: string,
  detail: string,
  fix: string | null,
  more: { problems?: readonly Problem[]; headers?: Readonly<Record<string, string>> } = {},
): Answer {
  const { problems, headers } = more;
  const body: ProblemBody = {
    type: "about:blank",
    title: TITLES[status] ?? "Refused",
    status,
    code,
    detail,
    fix,
    ...(problems === undefined || problems.length === 0 ? {} : { problems }),
  };
  return { status, body, type: PROBLEM_TYPE, ...(headers === undefined ? {} : { headers }) };
}

/** Faults that speak of what the caller asked for. */
const STATUS: Readonly<Partial<Record<Fault["code"], number>>> = { USAGE: 400, UNKNOWN_RUN: 404 };

export function faultRefusal(fault: Fault): Answer {
  const { code, message, fix, problems } = fault;
  return refusal(STATUS[code] ?? fault.rule.httpStatus, code, message, fix, { problems });
}

/** The same for a sync that is not there and for one that the caller may not see: nobody learns names by asking. */
export function unknownSync(name: string): Answer {
  return refusal(404, "UNKNOWN_SYNC", `there is no sync "${name}"`, "GET /api/v1/syncs lists those that you may see");
}

export function unknownRun(id: string): Answer {
  return refusal(404, "UNKNOWN_RUN", `there is no run "${id}"`, "GET /api/v1/runs lists those that you may see");
}

/** For what speaks of every sync, where the token is for some. */
export function wholeTokenNeeded(): Answer {
  return refusal(
    403,
    "SCOPE_MISSING",
    "this speaks of every sync, and the token is for some",
    "use one without --sync",
  );
}
