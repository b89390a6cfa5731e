import type { Clock } from "../../../src/contract/clock.ts";
import type { Assumption } from "../../../src/contract/conformance.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { text, texts } from "../../../src/kit/json.ts";
import { externalId, NO_KEY, uniqueField } from "./choose-field.ts";
import { foundIn, isRefused, messagesOf, notTried, rowsOf, seen } from "./seen.ts";
import { openSubject, type Subject } from "./subject.ts";

/** More describes than this are not worth one assumption. */
const MOST_PARENTS = 12;

/** What external ids and unique fields do, where the object has any. */
export function keys(subject: Subject, clock: Clock): readonly Assumption[] {
  const { org, object, row, create, upsert, find, makeOne } = subject;
  const key = externalId(subject);
  return [
    {
      name: "an upsert by external id says created: true, then false",
      probe: async (signal) => {
        if (key === null) return notTried(NO_KEY);
        const rows = [row({ [key]: org.unique() })];
        const [first, second] = [await upsert(key, rows, signal), await upsert(key, rows, signal)];
        const [made, met] = [rowsOf(first)[0], rowsOf(second)[0]];
        return seen(made?.created === true && met?.created === false && met.id === made.id, second);
      },
    },
    {
      name: "an external id that comes twice in a call is refused in both rows",
      probe: async (signal) => {
        if (key === null) return notTried(NO_KEY);
        const value = org.unique();
        const answer = await upsert(key, [row({ [key]: value }), row({ [key]: value })], signal);
        const refused = rowsOf(answer).filter(({ success }) => success === false);
        const found = await find("Id", `${key} = '${value}'`, signal);
        return seen(refused.length === 2 && foundIn(found).length === 0, answer);
      },
    },
    {
      name: "a value that another record holds in a unique field is DUPLICATE_VALUE, with that record's id",
      probe: async (signal) => {
        const field = uniqueField(subject);
        if (field === null) return notTried(`${object} has no unique text field`);
        const value = org.unique();
        const holder = await makeOne(signal, { [field]: value });
        const answer = await create([row({ [field]: value })], signal);
        const refused = rowsOf(answer)[0];
        const namesIt = messagesOf(refused).includes(holder.slice(0, 15));
        return seen(isRefused(refused, "DUPLICATE_VALUE") && namesIt, answer);
      },
    },
    {
      name: "a parent is named by its external id, and null clears the relationship",
      probe: async (signal) => {
        const parent = await findParent(subject, clock, signal);
        if (parent === null) return notTried(`no parent of ${object} that could be made has a unique external id`);
        const { relationship, idField, by } = parent;
        const value = org.unique();
        const parentId = await parent.subject.makeOne(signal, { [by]: value });
        const answer = await create([row({ [relationship]: { [by]: value } })], signal);
        const id = text(rowsOf(answer)[0]?.id);
        if (id === null) return seen(false, answer);
        const named = foundIn(await find(idField, `Id = '${id}'`, signal))[0]?.[idField];
        const cleared = await subject.update([{ id, [idField]: null }], signal);
        const left = foundIn(await find(idField, `Id = '${id}'`, signal))[0]?.[idField];
        return seen(named === parentId && left === null, named === parentId ? cleared : answer);
      },
    },
  ];
}

/** The first relationship to one object that has a unique external id, and of which a record can be made. */
async function findParent(child: Subject, clock: Clock, signal: AbortSignal) {
  let tried = 0;
  for (const field of child.fields.values()) {
    const [object, ...others] = texts(field.referenceTo);
    const [relationship, idField] = [text(field.relationshipName), text(field.name)];
    const isFit = field.createable === true && field.updateable === true && field.nillable === true;
    if (object === undefined || others.length > 0 || relationship === null || idField === null || !isFit) continue;
    if (SET_UP.has(object) || ++tried > MOST_PARENTS) continue;
    const subject = object === child.object ? child : await openOther(child, clock, object, signal);
    const by = subject === null ? null : externalId(subject);
    if (subject !== null && by !== null) return { subject, by, relationship, idField };
  }
  return null;
}

/** People and settings: not to be made for a trial. */
const SET_UP = new Set(["User", "Group", "RecordType", "Profile"]);

/** null where no record of the object can be made up. */
async function openOther(child: Subject, clock: Clock, object: string, signal: AbortSignal): Promise<Subject | null> {
  try {
    return await openSubject(child.org, clock, object, signal);
  } catch (error) {
    if (error instanceof Fault && error.code === "DESTINATION_REFUSED") return null;
    throw error;
  }
}
