import type { Assumption } from "../../../src/contract/conformance.ts";
import { type Json, records, text, texts } from "../../../src/kit/json.ts";
import { checkbox, emptyableText } from "./choose-field.ts";
import { isRequired, MARK } from "./sample-value.ts";
import { foundIn, isRefused, notTried, rowsOf, seen } from "./seen.ts";
import type { Subject } from "./subject.ts";

const MOST_ROWS = 200;

/** What creates and updates through sObject Collections do. */
export function writes(subject: Subject): readonly Assumption[] {
  return [...collections(subject), ...values(subject)];
}

function collections({
  org,
  object,
  mark,
  fields,
  row,
  create,
  update,
  find,
  makeOne,
}: Subject): readonly Assumption[] {
  return [
    {
      name: "a collections call answers 200 with one result a record, in the order of the records",
      probe: async (signal) => {
        const names = ["c", "a", "b"].map((letter) => `${MARK} ${letter}`);
        const answer = await create(
          names.map((name) => row({ [mark]: name })),
          signal,
        );
        const ids = rowsOf(answer).map(({ id }) => text(id) ?? "");
        if (ids.length !== 3 || ids.includes("")) return seen(false, answer);
        const found = await find(`Id, ${mark}`, `Id IN (${ids.map((id) => `'${id}'`).join(", ")})`, signal);
        const nameOf = new Map(foundIn(found).map((it) => [it.Id, it[mark]]));
        return seen(
          ids.every((id, index) => nameOf.get(id) === names[index]),
          answer,
        );
      },
    },
    {
      name: "with allOrNone false a bad row is refused alone; its error has statusCode, message and fields",
      probe: async (signal) => {
        const ids = [await makeOne(signal), await makeOne(signal)];
        const rows = [
          { id: ids[0], [mark]: `${MARK} 2` },
          { id: ids[1], [mark]: "x".repeat(lengthOf(fields.get(mark)) + 1) },
        ];
        const answer = await update(rows, signal);
        const [good, bad] = rowsOf(answer);
        const error = records(bad?.errors)[0];
        const isWhole = text(error?.statusCode) !== null && text(error?.message) !== null;
        return seen(good?.success === true && isWhole && texts(error?.fields).includes(mark), answer);
      },
    },
    {
      name: "more than 200 records are refused with 400 EXCEEDED_ID_LIMIT",
      probe: async (signal) => {
        const id = await makeOne(signal);
        const answer = await update(
          Array.from({ length: MOST_ROWS + 1 }, () => ({ id, [mark]: MARK })),
          signal,
        );
        return seen(answer.status === 400 && records(answer.body)[0]?.errorCode === "EXCEEDED_ID_LIMIT", answer);
      },
    },
    {
      name: "a record id that comes twice in a call is updated twice, and the later row stays",
      probe: async (signal) => {
        const id = await makeOne(signal);
        const rows = [1, 2].map((n) => ({ id, [mark]: `${MARK} ${n}` }));
        const answer = await update(rows, signal);
        const found = await find(mark, `Id = '${id}'`, signal);
        const isDone = rowsOf(answer).length === 2 && rowsOf(answer).every(({ success }) => success === true);
        return seen(isDone && foundIn(found)[0]?.[mark] === `${MARK} 2`, answer);
      },
    },
    {
      name: "a record is named by 15 characters as well as by 18, and answers tell 18",
      probe: async (signal) => {
        const id = await makeOne(signal);
        const answer = await update([{ id: id.slice(0, 15), [mark]: `${MARK} 15` }], signal);
        return seen(id.length === 18 && rowsOf(answer)[0]?.success === true && rowsOf(answer)[0]?.id === id, answer);
      },
    },
    {
      name: "Sforce-Auto-Assign: FALSE is accepted, also by objects without assignment rules",
      probe: async (signal) => {
        const answer = await create([row()], signal); // as all calls of the probes
        return seen(rowsOf(answer)[0]?.success === true, answer);
      },
    },
    {
      name: "answers carry the calls of the day: Sforce-Limit-Info: api-usage=n/n",
      probe: async (signal) => {
        const { headers } = await org.call("GET", `/sobjects/${object}/describe`, signal);
        const told = headers.get("sforce-limit-info");
        return { holds: /api-usage=\d+\/\d+/.test(told ?? ""), says: told ?? "no such header" };
      },
    },
  ];
}

function values(subject: Subject): readonly Assumption[] {
  const { object, mark, fields, row, create, update, find, makeOne } = subject;
  return [
    {
      name: "null clears a text, which then reads as null",
      probe: async (signal) => {
        const field = emptyableText(subject);
        if (field === null) return notTried(`${object} has no text field that may be empty`);
        const id = await makeOne(signal, { [field]: MARK });
        const answer = await update([{ id, [field]: null }], signal);
        const found = foundIn(await find(field, `Id = '${id}'`, signal))[0];
        return seen(rowsOf(answer)[0]?.success === true && found?.[field] === null, answer);
      },
    },
    {
      name: "a checkbox refuses null",
      probe: async (signal) => {
        const field = checkbox(subject);
        if (field === null) return notTried(`${object} has no checkbox that may be written`);
        const answer = await update([{ id: await makeOne(signal), [field]: null }], signal);
        return seen(rowsOf(answer)[0]?.success === false, answer);
      },
    },
    {
      name: "an unknown field is INVALID_FIELD, for its row alone",
      probe: async (signal) => {
        const answer = await create([row(), row({ Sluice_No_Such_Field__c: "x" })], signal);
        const [good, bad] = rowsOf(answer);
        return seen(good?.success === true && isRefused(bad, "INVALID_FIELD"), answer);
      },
    },
    {
      name: "a text of the length that describe tells is taken, one more character is STRING_TOO_LONG",
      probe: async (signal) => {
        const length = lengthOf(fields.get(mark));
        const rows = [length, length + 1].map((wanted) => row({ [mark]: MARK.padEnd(wanted, "x") }));
        const answer = await create(rows, signal);
        const [good, bad] = rowsOf(answer);
        return seen(good?.success === true && isRefused(bad, "STRING_TOO_LONG"), answer);
      },
    },
    {
      name: "a new record without a required field is REQUIRED_FIELD_MISSING, which names the field",
      probe: async (signal) => {
        const field = fields.get(mark);
        const name = field !== undefined && isRequired(field) ? mark : requiredName(subject);
        if (name === null) return notTried(`${object} needs no field`);
        const { [name]: _, ...rest } = row();
        const answer = await create([rest], signal);
        const refused = rowsOf(answer)[0];
        const named = records(refused?.errors).flatMap((error) => texts(error.fields));
        return seen(isRefused(refused, "REQUIRED_FIELD_MISSING") && named.includes(name), answer);
      },
    },
  ];
}

function lengthOf(field: Json | undefined): number {
  return Number(field?.length);
}

function requiredName({ fields }: Subject): string | null {
  return text([...fields.values()].find(isRequired)?.name);
}
