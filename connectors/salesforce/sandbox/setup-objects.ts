import { objectKind } from "./object-kind.ts";
import { choice, ofType, required, text } from "./standard-fields.ts";
import type { StandardObject } from "./standard-objects.ts";

/** The objects of the set-up menu that syncs read: who owns, which record types there are, what the org is. */
export const SETUP_OBJECTS: readonly StandardObject[] = [
  {
    kind: objectKind("User", "005", { isWritable: false, nameFrom: ["FirstName", "LastName"] }),
    fields: [
      required({ name: "Username", length: 80, isUnique: true, isIdLookup: true }),
      ...text(40, "FirstName"),
      required({ name: "LastName", length: 80 }),
      { name: "Name", label: "Full Name", length: 121, isCreateable: false, isUpdateable: false },
      required({ name: "Email", type: "email", length: 128, isIdLookup: true }),
      ...text(8, "Alias"),
      { name: "IsActive", type: "boolean", defaultValue: true },
      { ...choice("UserType", "Standard"), defaultValue: "Standard" },
      { name: "FederationIdentifier", length: 512 },
      { ...choice("TimeZoneSidKey", "UTC"), defaultValue: "UTC" },
    ],
  },
  {
    kind: objectKind("Group", "00G", { isWritable: false }),
    fields: [
      required({ name: "Name", length: 40 }),
      { name: "DeveloperName", length: 80 },
      { ...choice("Type", "Regular", "Queue"), defaultValue: "Queue" },
      ...ofType("email", "Email"),
    ],
  },
  {
    kind: objectKind("RecordType", "012", { isWritable: false }),
    fields: [
      required({ name: "Name", length: 80 }),
      required({ name: "DeveloperName", length: 80 }),
      required({ name: "SobjectType", length: 40 }),
      { name: "IsActive", type: "boolean", defaultValue: true },
      { name: "IsPersonType", type: "boolean" },
      ...text(255, "Description"),
    ],
  },
  {
    kind: objectKind("Organization", "00D", { isWritable: false }),
    fields: [
      required({ name: "Name", length: 80 }),
      { ...choice("OrganizationType", "Developer Edition", "Enterprise Edition"), defaultValue: "Developer Edition" },
      { name: "IsSandbox", type: "boolean" },
      ...text(40, "InstanceName", "LanguageLocaleKey", "DefaultLocaleSidKey", "TimeZoneSidKey"),
      ...text(10, "NamespacePrefix"),
    ],
  },
];
