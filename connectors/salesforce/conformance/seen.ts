import type { Seen } from "../../../src/contract/conformance.ts";
import { type Json, record, records, text } from "../../../src/kit/json.ts";
import type { OrgAnswer } from "./org.ts";

/** The results of a collections call, in the order of the answer; none of a call that was refused. */
export function rowsOf({ status, body }: OrgAnswer): readonly Json[] {
  return status === 200 ? records(body) : [];
}

/** The records of a query. */
export function foundIn({ body }: OrgAnswer): readonly Json[] {
  return records(record(body)?.records);
}

/** The status codes with which a row, or a whole call, was refused. */
export function codesOf(row: Json | undefined): readonly string[] {
  return records(row?.errors).flatMap(({ statusCode }) => text(statusCode) ?? []);
}

export function isRefused(row: Json | undefined, code: string): boolean {
  return row?.success === false && codesOf(row).includes(code);
}

/** The words of the errors of a row. */
export function messagesOf(row: Json | undefined): string {
  return records(row?.errors)
    .map(({ message }) => String(message))
    .join("; ");
}

/** An answer for people. */
export function words(answer: OrgAnswer): string {
  const parts = records(answer.body).map((row) => {
    if (row.success === true) return "ok";
    const codes = codesOf(row).join(" ");
    return codes === "" ? `${String(row.errorCode)} ${String(row.message)}` : `${codes} ${messagesOf(row)}`;
  });
  const total = record(answer.body)?.totalSize;
  return [answer.status, ...(total === undefined ? [] : [`${String(total)} records`]), ...parts]
    .join(", ")
    .slice(0, 300);
}

export function seen(holds: boolean, answer: OrgAnswer): Seen {
  return { holds, says: words(answer) };
}

export function notTried(says: string): Seen {
  return { holds: null, says };
}
