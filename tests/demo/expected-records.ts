import { readFile } from "node:fs/promises";
import { onWarehouse } from "./generate-warehouse.ts";
import type { PortalRecord } from "./portal.ts";

/** How values of a field are compared: as they are, as numbers, as instants, or in lower case. */
type Kind = "text" | "number" | "instant" | "lower";

export type Mapped = { readonly field: string; readonly column: string; readonly kind: Kind };

export type Expectation = {
  readonly model: string;
  readonly keyField: string;
  readonly keyColumn: string;
  readonly fields: readonly Mapped[];
  /** Fields that get one value; HubSpot keeps `keeps` where it stood there before. */
  readonly constants: readonly { field: string; value: string; keeps: string }[];
  readonly archivesRemoved: boolean;
  /** Records without our key are ours by this field. */
  readonly adoptedBy: string | null;
};

export const CUSTOMERS: Expectation = {
  model: "models/customers.sql",
  keyField: "customer_id",
  keyColumn: "customer_id",
  fields: [
    { field: "email", column: "email", kind: "lower" },
    { field: "firstname", column: "first_name", kind: "text" },
    { field: "lastname", column: "last_name", kind: "text" },
    { field: "phone", column: "phone", kind: "text" },
    { field: "city", column: "city", kind: "text" },
    { field: "country", column: "country", kind: "text" },
    { field: "company", column: "company", kind: "text" },
    { field: "lifetime_value", column: "lifetime_value", kind: "number" },
    { field: "orders", column: "orders", kind: "number" },
    { field: "last_order_on", column: "last_order_on", kind: "text" },
    { field: "customer_since", column: "customer_since", kind: "instant" },
  ],
  constants: [{ field: "lifecyclestage", value: "customer", keeps: "evangelist" }],
  archivesRemoved: true,
  adoptedBy: "email",
};

export const COMPANIES: Expectation = {
  model: "models/companies.sql",
  keyField: "company_id",
  keyColumn: "company_id",
  fields: [
    { field: "name", column: "name", kind: "text" },
    { field: "domain", column: "domain", kind: "text" },
    { field: "city", column: "city", kind: "text" },
    { field: "country", column: "country", kind: "text" },
    { field: "numberofemployees", column: "employees", kind: "number" },
    { field: "customers", column: "customers", kind: "number" },
    { field: "revenue", column: "revenue", kind: "number" },
  ],
  constants: [],
  archivesRemoved: false,
  adoptedBy: null,
};

export const ACCOUNTS: Expectation = {
  model: "models/companies.sql",
  keyField: "Company_Id__c",
  keyColumn: "company_id",
  fields: [
    { field: "Name", column: "name", kind: "text" },
    { field: "Website", column: "domain", kind: "text" },
    { field: "BillingCity", column: "city", kind: "text" },
    { field: "BillingCountry", column: "country", kind: "text" },
    { field: "NumberOfEmployees", column: "employees", kind: "number" },
    { field: "AnnualRevenue", column: "revenue", kind: "number" },
  ],
  constants: [],
  archivesRemoved: false,
  adoptedBy: "Name",
};

export const CONTACTS: Expectation = {
  model: "models/company_contacts.sql",
  keyField: "Customer_Id__c",
  keyColumn: "customer_id",
  fields: [
    { field: "Email", column: "email", kind: "lower" },
    { field: "FirstName", column: "first_name", kind: "text" },
    { field: "LastName", column: "last_name", kind: "text" },
    { field: "Phone", column: "phone", kind: "text" },
    { field: "MailingCity", column: "city", kind: "text" },
    { field: "MailingCountry", column: "country", kind: "text" },
    { field: "Account.Company_Id__c", column: "company_id", kind: "text" },
  ],
  constants: [],
  archivesRemoved: true,
  adoptedBy: "Email",
};

export type Comparison = {
  readonly records: number;
  readonly values: number;
  /** Values that people typed and that stayed, as the model has none. */
  readonly keptTyped: number;
  readonly differences: readonly string[];
};

type Expected = {
  readonly fields: Map<string, string | null>;
  readonly ours: Set<string>;
  readonly wasThere: boolean;
  isArchived: boolean;
};

/**
 * What the portal must hold, worked out from the models' rows alone, beside Sluice: a value wins, a null clears only what
 * came from the model, removed rows archive only records that were made for them, everything else stays as it was.
 */
export function expectRecords(expectation: Expectation, before: readonly PortalRecord[]) {
  const untouched = new Map(before.map((record) => [record.id, record.properties]));
  const nameOf = (value: string | null | undefined): string => (value ?? "").toLowerCase();
  const idByName = new Map(before.map((record) => [nameOf(record.properties[expectation.adoptedBy ?? ""]), record.id]));
  idByName.delete("");
  const byKey = new Map<string, Expected>();
  const idOfKey = new Map<string, string>();

  const adopt = (key: string, name: string | null): Expected => {
    const id = idByName.get(nameOf(name));
    const present = id === undefined ? undefined : untouched.get(id);
    if (id !== undefined && present !== undefined) {
      untouched.delete(id);
      idOfKey.set(key, id);
    }
    const made: Expected = {
      fields: new Map(Object.entries(present ?? {})),
      ours: new Set(),
      wasThere: present !== undefined,
      isArchived: false,
    };
    byKey.set(key, made);
    return made;
  };

  return {
    /** The portal must now show these rows; `refused` keys stay as they were. */
    async follow(project: string, refused: ReadonlySet<string>): Promise<void> {
      const rows = await modelRows(project, expectation);
      for (const [key, values] of rows) {
        if (refused.has(key)) continue;
        const expected = byKey.get(key) ?? adopt(key, values.get(expectation.adoptedBy ?? "") ?? null);
        for (const [field, value] of values) setField(expected, field, value);
        for (const { field, value, keeps } of expectation.constants)
          if (expected.fields.get(field) !== keeps) expected.fields.set(field, value);
      }
      for (const [key, expected] of byKey)
        if (!rows.has(key) && !expected.wasThere && expectation.archivesRemoved) expected.isArchived = true;
    },

    compare(found: readonly PortalRecord[]): Comparison {
      const differences: string[] = [];
      const seen = new Set<string>();
      const ids = new Set<string>();
      let values = 0;
      let keptTyped = 0;
      const differ = (record: PortalRecord, what: string): void => {
        differences.push(`record ${record.id}: ${what}`);
      };
      for (const record of found) {
        const key = record.properties[expectation.keyField] ?? null;
        const expected = key === null ? undefined : byKey.get(key);
        const former = untouched.get(record.id);
        ids.add(record.id);
        if (key === null && former !== undefined) {
          if (record.archived) differ(record, "was archived, and belongs to nobody");
          for (const [field, value] of Object.entries(former)) {
            values++;
            if ((record.properties[field] ?? null) !== value) differ(record, `${field} changed, and belongs to nobody`);
          }
          continue;
        }
        if (key === null || expected === undefined) {
          differ(record, `no row explains it (${key})`);
          continue;
        }
        if (seen.has(key)) differ(record, `a second record of ${key}`);
        seen.add(key);
        const id = idOfKey.get(key);
        if (id !== undefined && id !== record.id) differ(record, `${key} had record ${id} before`);
        idOfKey.set(key, record.id);
        if (record.archived !== expected.isArchived)
          differ(record, `${key} is ${record.archived ? "" : "not "}archived`);
        for (const [field, value] of expected.fields) {
          if (SYSTEM.has(field)) continue;
          values++;
          const kind = expectation.fields.find((one) => one.field === field)?.kind ?? "text";
          const shown = inKind(kind, record.properties[field] ?? null);
          if (shown !== inKind(kind, value)) differ(record, `${key} ${field}: "${shown}" instead of "${value}"`);
          else if (value !== null && expected.wasThere && isMapped(expectation, field) && !expected.ours.has(field))
            keptTyped++;
        }
      }
      for (const key of byKey.keys()) if (!seen.has(key)) differences.push(`row ${key} has no record`);
      for (const id of [...untouched.keys(), ...idOfKey.values()])
        if (!ids.has(id)) differences.push(`record ${id} is gone`);
      return { records: found.length, values, keptTyped, differences };
    },

    /** Rows whose record was there before. */
    adopted: () => [...byKey.values()].filter((expected) => expected.wasThere).length,
  };
}

/** Written by the CRMs themselves. */
const SYSTEM = new Set([
  ...["hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate", "hs_email_domain"],
  ...["LastModifiedDate", "LastModifiedById", "SystemModstamp", "IsDeleted", "AccountId"],
]);

function isMapped(expectation: Expectation, field: string): boolean {
  return expectation.fields.some((one) => one.field === field);
}

function setField(expected: Expected, field: string, value: string | null): void {
  if (value !== null) {
    expected.fields.set(field, value);
    expected.ours.add(field);
  } else if (expected.ours.delete(field) || !expected.fields.has(field)) {
    expected.fields.set(field, null);
  }
}

/** The rows of a model by key: field → value as text, blanks as null. DuckDB reads the model's file as it stands. */
async function modelRows(project: string, expectation: Expectation): Promise<Map<string, Map<string, string | null>>> {
  const sql = await readFile(`${project}/${expectation.model}`, "utf8");
  const columns = expectation.fields.map(({ column, kind }) =>
    kind === "instant" ? `epoch_ms(${column})::varchar as ${column}` : `nullif(${column}::varchar, '') as ${column}`,
  );
  const rows = await onWarehouse(`${project}/warehouse.duckdb`, async (db) => {
    const names = [`${expectation.keyColumn} as row_key`, ...columns].join(", ");
    const reader = await db.runAndReadAll(`select ${names} from (${sql})`);
    return reader.getRowObjectsJson() as Record<string, string | null>[];
  });
  return new Map(
    rows.map((row) => [
      row.row_key ?? "",
      new Map([
        ...expectation.fields.map(({ field, column, kind }) => [field, inKind(kind, row[column] ?? null)] as const),
        [expectation.keyField, row.row_key ?? null] as const,
      ]),
    ]),
  );
}

function inKind(kind: Kind, value: string | null): string | null {
  if (value === null || value === "") return null;
  switch (kind) {
    case "text":
      return value;
    case "lower":
      return value.toLowerCase();
    case "number":
      return value.includes(".") ? value.replace(/\.?0+$/, "") : value;
    case "instant":
      return new Date(/^-?\d+$/.test(value) ? Number(value) : value).toISOString();
  }
}
