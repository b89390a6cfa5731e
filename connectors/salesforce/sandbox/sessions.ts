import type { Answer, Head } from "../../../src/kit/sandbox/call.ts";
import { mixedSeed } from "../../../src/kit/sandbox/seeded-random.ts";
import type { Org } from "./org.ts";
import { callError } from "./row-error.ts";

/** Who is let in: the tokens that were given out and have not run out. */
export interface Sessions {
  /** A new token. */
  open(): string;
  refuse(head: Head): Answer | null;
  /** Ends the session of a call. */
  expire(head: Head): Answer;
  /** True where there was such a session. */
  revoke(token: string): boolean;
}

export function sessions(org: Org): Sessions {
  const living = new Set<string>();
  let opened = 0;
  const refused = () => callError(401, "INVALID_SESSION_ID", "Session expired or invalid");
  return {
    open() {
      opened++;
      const secret = [opened, opened + 1, opened + 2].map((part) =>
        mixedSeed(part, Math.floor(org.random() * 2 ** 31)),
      );
      const token = `${org.id.slice(0, 15)}!AQEAQ${secret.map((part) => part.toString(36)).join(".")}`;
      living.add(token);
      return token;
    },
    refuse: (head) => (living.has(tokenOf(head)) ? null : refused()),
    expire(head) {
      living.delete(tokenOf(head));
      return refused();
    },
    revoke: (token) => living.delete(token),
  };
}

function tokenOf(head: Head): string {
  const header = head.headers.authorization;
  const [scheme, token] = typeof header === "string" ? header.split(" ") : [];
  return scheme === "Bearer" || scheme === "OAuth" ? (token ?? "") : "";
}
