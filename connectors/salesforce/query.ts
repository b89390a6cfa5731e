import { type Hints, NO_HINTS } from "../../src/contract/fault.ts";
import { type Json, parseJson, record, records, text } from "../../src/kit/json.ts";
import type { SalesforceClient } from "./client.ts";
import { callFault, hintsOf } from "./refusal.ts";

/**
 * Salesforce takes 16,384 bytes of URL and headers together (api_rest, status code 414 and 431); a token may be 2,000 of
 * them.
 */
const MOST_URL_BYTES = 12_000;

export type Asked = { calls: number; bytesOut: number; hints: Hints };

export function nothingAsked(): Asked {
  return { calls: 0, bytesOut: 0, hints: NO_HINTS };
}

export type Query = {
  /** With deleted and merged records. */
  readonly isAll: boolean;
  /** `SELECT … FROM … WHERE …`, up to the conditions. */
  readonly head: string;
  readonly tail: string;
  /** Joined by `separator`, as many in one query as its address holds. */
  readonly conditions: readonly string[];
  readonly separator: string;
  /** For messages. */
  readonly what: string;
};

/** Every record of a query, over all its pages; `asked` counts the calls. Throws what `find` throws. */
export async function runQuery(
  client: SalesforceClient,
  query: Query,
  asked: Asked,
  now: () => number,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  const found: Json[] = [];
  for (const conditions of cutConditions(query)) {
    const soql = query.head + conditions.join(query.separator) + query.tail;
    let path: string | null = `${query.isAll ? "/queryAll" : "/query"}/?q=${encodeURIComponent(soql)}`;
    while (path !== null) {
      const sent = await client.call({ method: "GET", path }, signal);
      asked.calls++;
      asked.hints = hintsOf(sent, now());
      asked.bytesOut += path.length;
      const page = sent.answer?.status === 200 ? record(parseJson(sent.answer.text)) : null;
      const next = text(page?.nextRecordsUrl);
      const isWhole = page !== null && Array.isArray(page.records) && (page.done === true || next !== null);
      if (page === null || !isWhole) throw callFault(sent, query.what, now());
      found.push(...records(page.records));
      path = page.done === true ? null : next;
    }
  }
  return found;
}

function cutConditions({ conditions, head, tail, separator }: Query): readonly (readonly string[])[] {
  const size = (piece: string) => encodeURIComponent(piece).length;
  const fixed = size(head) + size(tail);
  const parts: string[][] = [];
  let bytes = 0;
  for (const condition of conditions) {
    const more = size(condition) + size(separator);
    const last = parts.at(-1);
    if (last !== undefined && bytes + more <= MOST_URL_BYTES) {
      last.push(condition);
      bytes += more;
    } else {
      parts.push([condition]);
      bytes = fixed + more;
    }
  }
  return parts;
}
