import type { Outcome, RemoteObject, Reply, WriteBatch } from "../../src/contract/destination.ts";
import { Fault } from "../../src/contract/fault.ts";
import { parseJson, record } from "../../src/kit/json.ts";
import { applied, deferred, forAll, unknown } from "../../src/kit/outcome.ts";
import type { Answer, HubspotClient, Sent, Watch } from "./client.ts";
import { accessFault, hintsOf, readRefusal } from "./refusal.ts";
import { outcomeOf, readVerdicts, type Sending } from "./verdicts.ts";
import { buildInputs } from "./write-inputs.ts";

/** One batch call. Throws AUTH_REFUSED and DESTINATION_REFUSED; all other trouble is an outcome. */
export async function writeBatch(
  client: HubspotClient,
  batch: WriteBatch,
  info: RemoteObject,
  now: () => number,
  signal: AbortSignal,
): Promise<Reply> {
  const sending: Sending = { batch, info, ...buildInputs(batch, info) };
  const sent = await client.call((watch) => start(client, sending, watch), signal);
  const access = accessFault(sent, `${batch.operation} ${batch.object}`, now());
  if (access !== null) throw access;
  const { outcomes, refusedWhole } = sent.trouble === null ? readAnswer(sending, sent.answer) : noAnswer(sending, sent);
  return { outcomes, refusedWhole, calls: 1, bytesOut: sent.bytesOut, hints: hintsOf(sent, now()) };
}

function start(client: HubspotClient, sending: Sending, watch: Watch): Promise<unknown> {
  const { object, operation } = sending.batch;
  switch (operation) {
    case "upsert": {
      const idProperty = sending.idProperty ?? "";
      const inputs = sending.inputs.map((input) => ({ ...input, idProperty }));
      return client.batch.upsertWithHttpInfo(object, { inputs }, watch());
    }
    case "create": {
      const inputs = sending.inputs.map(({ objectWriteTraceId, properties }) => ({ objectWriteTraceId, properties }));
      return client.batch.createWithHttpInfo(object, { inputs }, watch());
    }
    case "update":
      return client.batch.updateWithHttpInfo(object, { inputs: [...sending.inputs] }, watch());
    case "archive":
      return client.batch.archiveWithHttpInfo(object, { inputs: sending.inputs.map(({ id }) => ({ id })) }, watch());
    case "delete":
      throw new Fault("DESTINATION_REFUSED", "HubSpot records are archived, not deleted");
  }
}

type Verdict = Pick<Reply, "outcomes" | "refusedWhole">;

function noAnswer(sending: Sending, sent: Sent): Verdict {
  const { code, reason, sent: mayHaveLanded } = sent.trouble ?? { code: "NETWORK", reason: "no answer", sent: true };
  const outcome = mayHaveLanded ? unknown(reason) : deferred(code, reason);
  return { outcomes: forAll(sending.inputs.length, outcome), refusedWhole: false };
}

function readAnswer(sending: Sending, answer: Answer): Verdict {
  const { status } = answer;
  const all = (outcome: Outcome): Verdict => ({
    outcomes: forAll(sending.inputs.length, outcome),
    refusedWhole: false,
  });
  if (status >= 200 && status < 300) return { outcomes: readSuccess(sending, answer), refusedWhole: false };
  if (status >= 500) return all(unknown(`HubSpot answered ${status}`));
  const { message } = readRefusal(answer);
  if (status === 429) return all(deferred("RATE_LIMITED", message));
  if (status === 423) return all(deferred("LOCKED", message));
  if (status === 477) return all(deferred("MIGRATING", message));
  if (status < 400 || status === 408) return all(unknown(`HubSpot answered ${status}`));
  return readRefusedBatch(sending, answer);
}

function readSuccess(sending: Sending, answer: Answer): readonly Outcome[] {
  if (sending.batch.operation === "archive" && answer.status === 204) {
    return sending.inputs.map((input) => applied(input.id, false));
  }
  const body = record(parseJson(answer.text));
  if (body !== null) return readVerdicts(sending, body);
  const what = answer.text.trim() === "" ? "is empty" : "is not JSON";
  return forAll(sending.inputs.length, unknown(`HubSpot's answer (${answer.status}) ${what}`));
}

/** A 4xx applied nothing. Where it names rows, the others may be sent again; where it names none, somebody must halve. */
function readRefusedBatch(sending: Sending, answer: Answer): Verdict {
  const error = readRefusal(answer);
  const { operation } = sending.batch;
  const isNotFound = answer.status === 404 && sending.inputs.length > 0 && !error.isMissing;
  if (isNotFound) {
    throw new Fault("DESTINATION_REFUSED", `${operation} ${sending.batch.object}: ${error.message}`);
  }
  const guilty = new Set(error.traceIds);
  const outcomes = sending.inputs.map((input) =>
    guilty.size === 0 || guilty.has(input.objectWriteTraceId)
      ? outcomeOf(error, { operation, id: input.id })
      : deferred("BATCH_REFUSED", `another row of the batch was refused: ${error.message}`),
  );
  return { outcomes, refusedWhole: guilty.size === 0 && sending.inputs.length > 1 };
}
