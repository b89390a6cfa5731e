import { Fault } from "../contract/fault.ts";

/** A call that brought no answer. */
export type TransportTrouble = {
  /** False only where the request certainly never left: nothing was applied. */
  readonly sent: boolean;
  /** DNS, TLS, REFUSED, RESET, TIMEOUT, REDIRECT, TOO_LARGE, CANCELLED, or NETWORK for all others. */
  readonly code: string;
  /** For people, in half a sentence: "the name api.example does not resolve". */
  readonly reason: string;
  readonly cause: unknown;
};

const KINDS: readonly (readonly [code: string, pattern: RegExp, reason: string])[] = [
  ["DNS", /^(ENOTFOUND|EAI_\w+)$/, "the host name does not resolve"],
  ["REFUSED", /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, "the connection was refused"],
  [
    "TLS",
    /^(CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|ERR_TLS_\w+|ERR_SSL_\w+|HOSTNAME_MISMATCH|EPROTO)$/,
    "the TLS handshake failed",
  ],
  ["TIMEOUT", /^(ETIMEDOUT|ESOCKETTIMEDOUT|ERR_SOCKET_CONNECTION_TIMEOUT)$/, "the connection timed out"],
  ["RESET", /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE)$/, "the connection broke off"],
];

/** Reads a socket's or a client's error. `sent` says whether the request may have reached the other side. */
export function readTrouble(error: unknown, sent: boolean): TransportTrouble {
  const code = errorCode(error);
  const kind = KINDS.find(([, pattern]) => pattern.test(code));
  const text = error instanceof Error ? error.message : String(error);
  if (kind === undefined) return { sent, code: "NETWORK", reason: text, cause: error };
  return { sent, code: kind[0], reason: `${kind[2]} (${code})`, cause: error };
}

/** For calls that are about no single row. */
export function unreachable(what: string, trouble: TransportTrouble): Fault {
  return new Fault("DESTINATION_UNREACHABLE", `${what}: ${trouble.reason}`, { cause: trouble.cause });
}

/** Clients wrap the socket's error, one level or two. */
function errorCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code: unknown = Reflect.get(at, "code");
    if (typeof code === "string") return code;
  }
  return "";
}
