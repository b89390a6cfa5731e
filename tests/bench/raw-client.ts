import type { Write } from "../../src/contract/destination.ts";
import { VENDORS } from "./vendors.ts";

/** A process of its own: the connector alone, with batches made beforehand. Prints `{ seconds }`. */
const [name = "", url = "", rowsText = "0"] = process.argv.slice(2);
const vendor = name === "salesforce" ? VENDORS.salesforce : VENDORS.hubspot;
const rows = Number(rowsText);
const signal = new AbortController().signal;
const destination = await vendor.open(url);
await destination.describe(vendor.object, [], signal);
const names = Object.keys(vendor.fields);
const { batchSize, concurrency } = destination.abilities;
const batches = Array.from({ length: Math.ceil(rows / batchSize) }, (_, batch) =>
  Array.from({ length: Math.min(batchSize, rows - batch * batchSize) }, (_, index) => write(batch * batchSize + index)),
);

const startedAt = performance.now();
let next = 0;
const worker = async (): Promise<void> => {
  for (let writes = batches[next++]; writes !== undefined; writes = batches[next++]) {
    const reply = await destination.write({ object: vendor.object, operation: "upsert", writes }, signal);
    const failed = reply.outcomes.find((outcome) => outcome.kind !== "applied");
    if (failed !== undefined) throw new Error(`not applied: ${JSON.stringify(failed)}`);
  }
};
await Promise.all(Array.from({ length: concurrency }, worker));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - startedAt) / 1000 }));
await destination.close();

function write(n: number): Write {
  const email = `person.${n}@example.com`;
  const fields = Object.fromEntries(names.map((name) => [name, /email/i.test(name) ? email : `${n % 4999}`]));
  const key = vendor.key.column === "email" ? email : `${n}`;
  return { by: { match: { [vendor.key.field]: key } }, fields: { ...fields, [vendor.key.field]: key } };
}
