/**
 * What may go wrong with a call.
 * - `reset` drops the connection before anything is applied, `lost_reply` after, `late_apply` before, then applies.
 * - `empty` answers success without results and applies nothing; `html` is a proxy's error page.
 * - `partial` leaves results out of the answer though all was applied; `shuffle` gives them in random order.
 * - `expire_token` answers as the vendor does when the token has run out.
 */
export const NAMED_FAULTS = [
  "reset",
  "lost_reply",
  "late_apply",
  "empty",
  "html",
  "partial",
  "shuffle",
  "expire_token",
] as const;
export type NamedFault = (typeof NAMED_FAULTS)[number];

export type StatusFault = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
};

export type SandboxFault = NamedFault | StatusFault | { readonly delay_ms: number };

export type FaultEntry = {
  /** `path` is text that the path contains, `*` stands for anything; a missing member matches all. */
  readonly match: { readonly method: string | null; readonly path: string | null };
  /** Matching calls that are let through first. */
  readonly after: number;
  /** Matching calls that it then strikes; null for all. */
  readonly times: number | null;
  readonly fault: SandboxFault;
};

export type FaultState = FaultEntry & { readonly seen: number; readonly struck: number };

/** What strikes one call: all delays that match, and the first fault of another kind. */
export type Strike = {
  readonly delayMs: number;
  /** Aborts when the faults are cleared: what they hold back goes on then. */
  readonly lifted: AbortSignal;
  readonly fault: NamedFault | StatusFault | null;
};

export interface FaultList {
  add(entry: FaultEntry): void;
  all(): readonly FaultState[];
  clear(): void;
  strike(method: string, path: string): Strike;
}

export function faultList(): FaultList {
  type Rule = FaultEntry & { seen: number; struck: number; readonly pattern: RegExp | null };
  let rules: Rule[] = [];
  let lifting = new AbortController();

  function isDue(rule: Rule, method: string, path: string): boolean {
    if (rule.match.method !== null && rule.match.method !== method) return false;
    if (rule.pattern !== null && !rule.pattern.test(path)) return false;
    rule.seen++;
    return rule.seen > rule.after && (rule.times === null || rule.struck < rule.times);
  }

  return {
    add(entry) {
      rules.push({ ...entry, seen: 0, struck: 0, pattern: entry.match.path === null ? null : glob(entry.match.path) });
    },
    all: () => rules.map(({ pattern: _, ...rule }) => rule),
    clear() {
      rules = [];
      lifting.abort();
      lifting = new AbortController();
    },
    strike(method, path) {
      let delayMs = 0;
      let fault: NamedFault | StatusFault | null = null;
      for (const rule of rules) {
        if (!isDue(rule, method, path)) continue;
        if (typeof rule.fault === "object" && "delay_ms" in rule.fault) delayMs += rule.fault.delay_ms;
        else if (fault === null) fault = rule.fault;
        else continue;
        rule.struck++;
      }
      return { delayMs, lifted: lifting.signal, fault };
    },
  };
}

function glob(text: string): RegExp {
  return new RegExp(
    text
      .split("*")
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*"),
  );
}
