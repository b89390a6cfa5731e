import type { Assumption } from "../../../src/contract/conformance.ts";
import { MARK } from "./sample-value.ts";
import { foundIn, isRefused, notTried, rowsOf, seen } from "./seen.ts";
import { remove, type Subject } from "./subject.ts";

const MOST_VALUES = 200;

/** What queries find, and what is left of deleted records. */
export function reads(subject: Subject): readonly Assumption[] {
  const { mark, fields, find, makeOne } = subject;
  const field = fields.get(mark);
  const cannotFilter = `${mark} cannot be filtered by`;
  return [
    {
      name: "SOQL compares texts without regard to case",
      probe: async (signal) => {
        if (field?.filterable !== true) return notTried(cannotFilter);
        if (field.caseSensitive === true) return notTried(`${mark} is case-sensitive`);
        const name = `${MARK} ${subject.org.unique()}`;
        const id = await makeOne(signal, { [mark]: name });
        const answer = await find("Id", `${mark} = '${name.toUpperCase()}'`, signal);
        return seen(foundIn(answer).length === 1 && foundIn(answer)[0]?.Id === id, answer);
      },
    },
    {
      name: "SOQL takes IN with 200 values",
      probe: async (signal) => {
        if (field?.filterable !== true) return notTried(cannotFilter);
        const name = `${MARK} ${subject.org.unique()}`;
        const id = await makeOne(signal, { [mark]: name });
        const others = Array.from({ length: MOST_VALUES - 1 }, (_, n) => `${MARK} none ${n}`);
        const list = [...others, name].map((value) => `'${value}'`).join(",");
        const answer = await find("Id", `${mark} IN (${list})`, signal);
        return seen(foundIn(answer).length === 1 && foundIn(answer)[0]?.Id === id, answer);
      },
    },
    ...deleted(subject),
  ];
}

function deleted({ org, mark, update, find, makeOne }: Subject): readonly Assumption[] {
  async function gone(signal: AbortSignal): Promise<string> {
    const id = await makeOne(signal);
    await remove(org, [id], signal);
    return id;
  }
  return [
    {
      name: "collections delete answers each id in order, and refuses a bad one alone",
      probe: async (signal) => {
        const ids = [await makeOne(signal), await gone(signal), await makeOne(signal)];
        const answer = await remove(org, ids, signal);
        const rows = rowsOf(answer);
        const told = rows.map(({ success }) => success).join();
        return seen(told === "true,false,true" && rows[0]?.id === ids[0] && rows[2]?.id === ids[2], answer);
      },
    },
    {
      name: "an update of a deleted record is ENTITY_IS_DELETED",
      probe: async (signal) => {
        const answer = await update([{ id: await gone(signal), [mark]: MARK }], signal);
        return seen(isRefused(rowsOf(answer)[0], "ENTITY_IS_DELETED"), answer);
      },
    },
    {
      name: "deleting a record again is ENTITY_IS_DELETED",
      probe: async (signal) => {
        const answer = await remove(org, [await gone(signal)], signal);
        return seen(isRefused(rowsOf(answer)[0], "ENTITY_IS_DELETED"), answer);
      },
    },
    {
      name: "query leaves deleted records out, queryAll shows them with IsDeleted",
      probe: async (signal) => {
        const condition = `Id = '${await gone(signal)}'`;
        const living = await find("Id, IsDeleted", condition, signal);
        const all = await find("Id, IsDeleted", condition, signal, "queryAll");
        const isLeftOut = living.status === 200 && foundIn(living).length === 0;
        return isLeftOut ? seen(foundIn(all)[0]?.IsDeleted === true, all) : seen(false, living);
      },
    },
  ];
}
