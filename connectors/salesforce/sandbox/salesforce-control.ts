import { asList, asObject, asText, refusedInput, refuseUnknownKeys } from "../../../src/kit/sandbox/control-input.ts";
import type { SandboxVendor } from "../../../src/kit/sandbox/sandbox-vendor.ts";
import { describeField } from "./describe-field.ts";
import { fieldInput } from "./field-input.ts";
import type { ObjectStore } from "./object-store.ts";
import { addCustomObject, findObject, type Org } from "./org.ts";
import { isDeleted, readValue } from "./stored-record.ts";
import { systemContext } from "./write-context.ts";
import { createRecord, isWritten } from "./write-record.ts";

const OBJECT_NAME = /^[A-Za-z][A-Za-z0-9_]*__c$/;

/** The control calls that every sandbox has. */
export function salesforceControl(org: Org, reset: () => void): Omit<SandboxVendor["control"], "more"> {
  return {
    reset,
    addFields(body) {
      const asked = asObject(body, "body");
      refuseUnknownKeys(asked, ["object", "fields"], "body");
      const name = asText(asked.object, "object");
      const present = findObject(org, name);
      if (present === null && !OBJECT_NAME.test(name)) {
        throw refusedInput(`object: no object "${name}"; a new one ends in __c`);
      }
      // A custom object that is refused must not stay behind: its fields are read before it is made.
      const known = (field: string) => present?.fields.get(field) ?? (field === "Name" ? nameField(org) : null);
      const inputs = asList(asked.fields ?? [], "fields").map((field, index) =>
        fieldInput(field, `fields[${index}]`, known),
      );
      const store = present ?? addCustomObject(org, name);
      const fields = inputs.map((input) => describeField(org, store.putField(input)));
      return { object: store.kind.name, keyPrefix: store.kind.keyPrefix, fields };
    },
    dump(query) {
      const store = knownObject(org, query.get("object"), "object");
      const withDeleted = query.get("deleted") ?? "false";
      if (withDeleted !== "true" && withDeleted !== "false") throw refusedInput("deleted: expected true or false");
      const shown = withDeleted === "true" ? store.records : store.records.filter((record) => !isDeleted(record));
      return shown.map((record) =>
        Object.fromEntries([...store.fields.keys()].map((name) => [name, readValue(record, name)])),
      );
    },
    seed(body) {
      const asked = asObject(body, "body");
      refuseUnknownKeys(asked, ["object", "records"], "body");
      const store = knownObject(org, asText(asked.object, "object"), "object");
      const ids: string[] = [];
      const undo: (() => void)[] = [];
      const context = systemContext();
      asList(asked.records, "records").forEach((one, index) => {
        const written = createRecord(org, store, asObject(one, `records[${index}]`), context);
        if (!isWritten(written)) {
          for (const takeBack of undo.reverse()) takeBack();
          const [error] = written;
          throw refusedInput(`records[${index}]: ${error?.statusCode}: ${error?.message}`);
        }
        ids.push(written.record.id);
        undo.push(written.undo);
      });
      return { ids };
    },
  };
}

function nameField(org: Org) {
  return findObject(org, "Campaign")?.fields.get("Name") ?? null;
}

export function knownObject(org: Org, name: unknown, at: string): ObjectStore {
  const known = [...org.objects.values()].map((store) => store.kind.name).join(", ");
  if (typeof name !== "string") throw refusedInput(`${at}: missing; name one of ${known}`);
  const store = findObject(org, name);
  if (store !== null) return store;
  throw refusedInput(`${at}: no object "${name}"; there are ${known}`);
}
