import type { Assumption, Seen } from "../../../src/contract/conformance.ts";
import { type Json, record, records, text } from "../../../src/kit/json.ts";
import type { OrgAnswer } from "./org.ts";
import { codesOf, notTried, rowsOf, seen, words } from "./seen.ts";
import type { Subject } from "./subject.ts";

/** Enough to meet one that takes less than the others, in most orgs. */
const MOST_TYPES = 10;
const REFUSAL = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";

/** What the UI API says of record types, by which rows are refused before anything is sent. */
export function picklists(subject: Subject): readonly Assumption[] {
  const restricted = [...subject.fields.values()].filter(isRestricted);
  return [
    {
      name: "ui-api picklist-values names, per record type, the values that may be given",
      probe: async (signal) => {
        let answer: OrgAnswer | null = null;
        for (const typeId of await typesOf(subject, signal)) {
          answer = await offered(subject, typeId, signal);
          if ([400, 403, 404].includes(answer.status))
            return notTried(`the UI API does not tell the user of ${subject.object}: ${words(answer)}`);
          for (const field of restricted) {
            const values = valuesOf(answer, field);
            if (values === null || values.some((value) => !optionsOf(field).includes(value)))
              return {
                holds: false,
                says: `${answer.status}, ${String(field.name)}: ${values?.join(", ") ?? "no list"}`,
              };
            const left = optionsOf(field).find((option) => !values.includes(option));
            if (left !== undefined) return tryLeftOut(subject, { typeId, field, value: left }, signal);
          }
        }
        if (answer === null) return notTried(`${subject.object} has no record type that the user may give`);
        return {
          holds: answer.status === 200,
          says: `${words(answer)}: no record type takes less than the field does`,
        };
      },
    },
  ];
}

type LeftOut = { readonly typeId: string; readonly field: Json; readonly value: string };

async function tryLeftOut(subject: Subject, { typeId, field, value }: LeftOut, signal: AbortSignal): Promise<Seen> {
  const values = { RecordTypeId: typeId, [String(field.name)]: value };
  const answer = await subject.create([subject.row(values)], signal);
  const [result] = rowsOf(answer);
  if (result?.success === true || codesOf(result).includes(REFUSAL)) return seen(result?.success !== true, answer);
  return notTried(`refused for something else: ${words(answer)}`);
}

/** Those that the user may give, the master last: it takes what the field does. */
async function typesOf({ org, object }: Subject, signal: AbortSignal): Promise<readonly string[]> {
  const { body } = await org.call("GET", `/sobjects/${object}/describe`, signal);
  const types = records(record(body)?.recordTypeInfos).filter(({ available }) => available === true);
  const ids = types.filter(({ master }) => master !== true).slice(0, MOST_TYPES);
  return [...ids, ...types.filter(({ master }) => master === true)].flatMap((type) => text(type.recordTypeId) ?? []);
}

function offered({ org, object }: Subject, typeId: string, signal: AbortSignal): Promise<OrgAnswer> {
  return org.call("GET", `/ui-api/object-info/${object}/picklist-values/${typeId}`, signal);
}

function valuesOf({ body }: OrgAnswer, field: Json): readonly string[] | null {
  const listed = record(record(record(body)?.picklistFieldValues)?.[String(field.name)])?.values;
  return Array.isArray(listed) ? records(listed).flatMap(({ value }) => text(value) ?? []) : null;
}

function optionsOf(field: Json): readonly string[] {
  return records(field.picklistValues)
    .filter(({ active }) => active !== false)
    .flatMap(({ value }) => text(value) ?? []);
}

function isRestricted({ type, restrictedPicklist, createable }: Json): boolean {
  return (type === "picklist" || type === "multipicklist") && restrictedPicklist === true && createable === true;
}
