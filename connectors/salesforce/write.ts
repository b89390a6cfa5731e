import type { Outcome, Reply, WriteBatch } from "../../src/contract/destination.ts";
import { Fault } from "../../src/contract/fault.ts";
import { parseJson, record } from "../../src/kit/json.ts";
import { deferred, forAll, missing, rejected, unknown } from "../../src/kit/outcome.ts";
import type { Answer, SalesforceClient, Sent } from "./client.ts";
import type { SalesforceConfig } from "./config.ts";
import type { SalesforceObject } from "./describe.ts";
import { findRecords } from "./find.ts";
import { limitRefusal } from "./hints.ts";
import { accessFault, hintsOf, wordsOf } from "./refusal.ts";
import { fieldInMessage, readErrors, readRowErrors, type VendorError } from "./vendor-error.ts";
import { isTriggerRetries, type Row, readFailure, readResult, type Verdict } from "./verdicts.ts";
import { buildRequest, checkBatch, lockOrder, type Sending } from "./write-records.ts";

export type WriteContext = {
  readonly client: SalesforceClient;
  readonly object: SalesforceObject;
  readonly assignmentRules: SalesforceConfig["assignment_rules"];
  readonly now: () => number;
};

/** Verdicts in the order of the call. */
type Read = { readonly verdicts: readonly Verdict[]; readonly refusedWhole: boolean };

/** One collection call. Throws AUTH_REFUSED and DESTINATION_REFUSED; all other trouble is an outcome. */
export async function writeBatch(context: WriteContext, batch: WriteBatch, signal: AbortSignal): Promise<Reply> {
  const { client, object, now } = context;
  checkBatch(batch);
  const sending: Sending = { batch, object, order: lockOrder(batch, object) };
  const request = { ...buildRequest(sending), headers: headersOf(context, batch) };
  const sent = await client.call(request, signal);
  const what = `${batch.operation} ${batch.object}`;
  const access = accessFault(sent, what, now());
  if (access !== null) throw access;
  const { verdicts, refusedWhole } =
    sent.trouble === null ? readAnswer(sending, sent.answer, what) : noAnswer(sending, sent);
  const inOrder: Verdict[] = batch.writes.map(() => unknown("Salesforce gave no answer for this row"));
  sending.order.forEach((index, place) => {
    const verdict = verdicts[place];
    if (verdict !== undefined) inOrder[index] = verdict;
  });
  const settled = await settleGone(context, batch, inOrder, signal);
  const bytesOut = sent.bytesOut + (batch.operation === "delete" ? request.path.length : 0);
  return { outcomes: settled.outcomes, refusedWhole, calls: 1 + settled.calls, bytesOut, hints: hintsOf(sent, now()) };
}

/** Duplicate alerts are for people at a form: they are lifted; rules that block stay (api_rest, headers_duplicaterules). */
const DUPLICATE_RULES = "allowSave=true; includeRecordDetails=true; runAsCurrentUser=true";

function headersOf({ assignmentRules }: WriteContext, { operation }: WriteBatch): Record<string, string> {
  if (operation === "delete") return {};
  // Salesforce assigns new owners by default, on updates as well (api_rest, headers_autoassign).
  const assign = assignmentRules === "off" ? "FALSE" : assignmentRules === "default" ? "TRUE" : assignmentRules;
  return { "Sforce-Auto-Assign": assign, "Sforce-Duplicate-Rule-Header": DUPLICATE_RULES };
}

function all({ batch }: Sending, outcome: Outcome, refusedWhole = false): Read {
  return { verdicts: forAll(batch.writes.length, outcome), refusedWhole };
}

function noAnswer(sending: Sending, sent: Sent): Read {
  const { code, reason, sent: mayHaveLanded } = sent.trouble ?? { code: "NETWORK", reason: "no answer", sent: true };
  return all(sending, mayHaveLanded ? unknown(reason) : deferred(code, reason));
}

function readAnswer(sending: Sending, answer: Answer, what: string): Read {
  const { status } = answer;
  if (status >= 200 && status < 300) return readResults(sending, answer);
  const words = wordsOf(answer);
  if (status >= 500 || status < 400 || status === 408)
    return all(sending, unknown(`Salesforce answered ${status}: ${words}`));
  if (limitRefusal(answer) !== null) return all(sending, deferred("REQUEST_LIMIT_EXCEEDED", words));
  if (status === 429) return all(sending, deferred("RATE_LIMITED", words));
  return readRefusal(sending, answer, what);
}

/** Results stand in the order of the records; a list of another length cannot be told apart. */
function readResults(sending: Sending, answer: Answer): Read {
  const { batch, order, object } = sending;
  const body = parseJson(answer.text);
  const results = Array.isArray(body) ? body : null;
  if (results === null || results.length !== order.length) {
    const count = results === null ? "no list of results" : `${results.length} results for ${order.length} records`;
    return all(sending, unknown(`Salesforce's answer (${answer.status}) holds ${count}`));
  }
  const rows = results.map((item) => record(item));
  const verdicts = order.map((index, place): Verdict => {
    const write = batch.writes[index];
    const result = rows[place];
    if (write === undefined || result === null || result === undefined)
      return unknown("Salesforce's answer for this row says nothing");
    return readResult(result, { operation: batch.operation, write, object });
  });
  const refusedWhole = order.length > 1 && rows.every((result) => result !== null && isGivenUp(result));
  return { verdicts, refusedWhole };
}

function isGivenUp(result: Readonly<Record<string, unknown>>): boolean {
  return result.success === false && readRowErrors(result).some(isTriggerRetries);
}

/** Of these no row is guilty: the call itself makes no sense to Salesforce. */
const ABOUT_THE_CALL = /^(INVALID_TYPE|NOT_FOUND|METHOD_NOT_ALLOWED|API_DISABLED_FOR_ORG|UNSUPPORTED_API_VERSION)$/;

/** A 4xx applied nothing. Where it names a field, rows without it may be sent again; else somebody must halve. */
function readRefusal(sending: Sending, answer: Answer, what: string): Read {
  const { batch, order, object } = sending;
  const [error = NOTHING_SAID, ...more] = readErrors(answer.text, answer.status);
  if (answer.status === 404 || answer.status === 405 || ABOUT_THE_CALL.test(error.code))
    throw new Fault("DESTINATION_REFUSED", `${what}: ${wordsOf(answer)}`, {
      fix: "check the object and the first match field; what the integration user may not see looks unknown too",
    });
  const field = error.fields[0] ?? fieldInMessage(error.message);
  const rows = order.map((index): Row => {
    const write = batch.writes[index] ?? { by: { id: "" }, fields: {} };
    return { operation: batch.operation, write, object };
  });
  const isGuilty = ({ write }: Row) =>
    field === null || field in write.fields || ("match" in write.by && field in write.by.match);
  const isNamed = field !== null && rows.some(isGuilty);
  const verdicts = rows.map((row): Verdict => {
    if (!isNamed || isGuilty(row)) return readFailure(error, more, row);
    return deferred("BATCH_REFUSED", `another row of the batch was refused: ${error.message}`);
  });
  return { verdicts, refusedWhole: !isNamed && batch.writes.length > 1 };
}

const NOTHING_SAID: VendorError = { code: "REFUSED", message: "no reason given", fields: [], duplicateIds: [] };

/**
 * "Entity is deleted" says nowhere whether the record itself is gone or a parent that the row names. Only a look tells, and
 * only for such rows.
 */
async function settleGone(
  context: WriteContext,
  batch: WriteBatch,
  verdicts: readonly Verdict[],
  signal: AbortSignal,
): Promise<{ outcomes: readonly Outcome[]; calls: number }> {
  const open = new Map<string, number>();
  verdicts.forEach((verdict, index) => {
    const by = batch.writes[index]?.by;
    if (verdict.kind === "gone_or_parent" && by !== undefined && "id" in by) open.set(by.id, index);
  });
  const living = open.size === 0 ? null : await livingOf(context, batch, [...open.keys()], signal);
  const outcomes = verdicts.map((verdict, index): Outcome => {
    if (verdict.kind !== "gone_or_parent") return verdict;
    const by = batch.writes[index]?.by;
    const { code, message } = verdict.error;
    if (living === null || by === undefined || !("id" in by)) return unknown(message);
    if (!living.ids.has(by.id)) return missing(message);
    return rejected(code, null, `a record that this row refers to is not there: ${message}`);
  });
  return { outcomes, calls: living?.calls ?? (open.size === 0 ? 0 : 1) };
}

/** null where the look itself fails: then nobody knows. */
async function livingOf(
  { client, object, now }: WriteContext,
  batch: WriteBatch,
  values: readonly string[],
  signal: AbortSignal,
): Promise<{ ids: ReadonlySet<string>; calls: number } | null> {
  try {
    const request = { object: batch.object, by: "recordId", values, fields: [] } as const;
    const { found, calls } = await findRecords(client, request, { ...object, isMergeable: false }, now, signal);
    return { ids: new Set(found.keys()), calls };
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}
