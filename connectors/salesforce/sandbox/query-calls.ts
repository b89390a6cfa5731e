import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject, type Org } from "./org.ts";
import type { SentRecord } from "./record-answer.ts";
import { recordId } from "./record-id.ts";
import { callError } from "./row-error.ts";
import { parseSoql } from "./soql-parse.ts";
import { isSoqlTrouble, type Query, soqlTrouble } from "./soql-query.ts";
import { findRecords, rowShaper } from "./soql-rows.ts";
import type { StoredRecord } from "./stored-record.ts";
import { headerText } from "./write-context.ts";

/** Path and query; the servers in front of the API refuse longer ones. */
const MAX_URI = 16_000;
const MAX_SOQL = 100_000;
const MAX_PAGE = 2_000;
const MIN_PAGE = 200;
const MAX_OFFSET = 2_000;
/** The oldest is forgotten then; Salesforce keeps them for two days. */
const MAX_CURSORS = 100;

export interface QueryCalls {
  /** `query?q=` and `queryAll?q=`. */
  first(call: Call, version: string, withDeleted: boolean): Answer;
  /** `query/{locator}`. */
  more(call: Call, version: string, locator: string): Answer;
  clear(): void;
}

type Cursor = {
  readonly records: readonly StoredRecord[];
  readonly shape: (record: StoredRecord) => SentRecord;
};

export function queryCalls(org: Org): QueryCalls {
  const cursors = new Map<string, Cursor>();
  let opened = 0;

  function page(call: Call, version: string, id: string | null, cursor: Cursor, from: number): Answer {
    const { records, shape } = cursor;
    const end = Math.min(records.length, from + pageSize(call));
    const done = end >= records.length;
    let next: Record<string, string> = {};
    if (!done) next = { nextRecordsUrl: `/services/data/${version}/query/${id ?? keep(cursor)}-${end}` };
    const rows = records.slice(from, end).map(shape);
    return { status: 200, body: { totalSize: records.length, done, ...next, records: rows }, rows: rows.length };
  }

  function keep(cursor: Cursor): string {
    opened++;
    const id = recordId("01g", opened);
    cursors.set(id, cursor);
    const [oldest] = cursors.keys();
    if (cursors.size > MAX_CURSORS && oldest !== undefined) cursors.delete(oldest);
    return id;
  }

  return {
    first(call, version, withDeleted) {
      const soql = call.query.get("q") ?? "";
      if (call.path.length + encodeURIComponent(soql).length > MAX_URI) return uriTooLong();
      try {
        const { store, query } = understood(org, soql);
        const shape = rowShaper(org, store, query, version);
        const records = findRecords(org, store, query, withDeleted);
        if (query.select === null) {
          return { status: 200, body: { totalSize: records.length, done: true, records: [] }, rows: 1 };
        }
        return page(call, version, null, { records, shape }, 0);
      } catch (error) {
        if (isSoqlTrouble(error)) return callError(400, error.errorCode, error.message);
        throw error;
      }
    },
    more(call, version, locator) {
      const [id = "", from] = locator.split("-");
      const cursor = cursors.get(id);
      const start = Number(from);
      if (cursor === undefined || !Number.isInteger(start)) {
        return callError(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
      }
      return page(call, version, id, cursor, start);
    },
    clear: () => cursors.clear(),
  };
}

function understood(org: Org, soql: string): { store: ObjectStore; query: Query } {
  if (soql.trim() === "") throw soqlTrouble("MALFORMED_QUERY", "unexpected token: '<EOF>'");
  if (soql.length > MAX_SOQL)
    throw soqlTrouble("QUERY_TOO_COMPLICATED", "SOQL statements cannot be longer than 100000 characters");
  const query = parseSoql(soql);
  const store = findObject(org, query.from);
  if (store === null) {
    const message = `sObject type '${query.from}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`;
    throw soqlTrouble("INVALID_TYPE", message);
  }
  if (query.offset > MAX_OFFSET) {
    throw soqlTrouble("NUMBER_OUTSIDE_VALID_RANGE", `Maximum SOQL offset allowed is ${MAX_OFFSET}`);
  }
  return { store, query };
}

/** `Sforce-Query-Options: batchSize=500`; from 200 to 2,000, which it is without. */
function pageSize(call: Call): number {
  const asked = /batchSize\s*=\s*(\d+)/i.exec(headerText(call, "sforce-query-options"))?.[1];
  return asked === undefined ? MAX_PAGE : Math.min(MAX_PAGE, Math.max(MIN_PAGE, Number(asked)));
}

function uriTooLong(): Answer {
  const body =
    "<html>\n<head><title>414 URI Too Long</title></head>\n<body><h1>Bad Message 414</h1><pre>reason: URI Too Long</pre></body>\n</html>\n";
  return { status: 414, body, contentType: "text/html" };
}
