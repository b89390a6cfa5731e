// jsforce itself behind the same interface, its retries off.
import { createRequire } from "node:module";
import { Connection, type QueryOptions } from "jsforce";
import { BASE, type Found, type Reply, type RowResult, type SentRecord, type TestClient, VERSION } from "./client.ts";

type RequestModule = { setDefaults(defaults: object): void };
const requests = createRequire(import.meta.url)("jsforce/lib/request.js") as RequestModule;

export async function jsforceClient(url: string): Promise<TestClient> {
  requests.setDefaults({ retry: { maxRetries: 0 } });
  const oauth2 = { loginUrl: url, clientId: "sandbox", clientSecret: "sandbox" };
  const connection = new Connection({ loginUrl: url, version: VERSION, oauth2 });
  await connection.authorize({ grant_type: "client_credentials" });
  return clientOf(connection);
}

function clientOf(connection: Connection): TestClient {
  const rows = (answer: Promise<unknown>) => settled<RowResult[]>(answer);
  return {
    create: (object, records, options = {}) => rows(connection.create(object, records as SentRecord[], options)),
    // jsforce wants every record to have an Id.
    update: (object, records, options = {}) => rows(connection.update(object, records as { Id: string }[], options)),
    upsert: (object, key, records, options = {}) =>
      rows(connection.upsert(object, records as SentRecord[], key, options)),
    remove: (object, ids, options = {}) => rows(connection.delete(object, [...ids], options)),
    retrieve: (object, ids, fields) => settled(connection.retrieve(object, [...ids], { fields: [...fields] })),
    async query(soql, { all = false, headers = {} } = {}) {
      const options: Partial<QueryOptions> = { autoFetch: false, scanAll: all, headers };
      return settled<Found>(connection.query(soql, options));
    },
    more: (nextRecordsUrl) => settled<Found>(connection.queryMore(nextRecordsUrl)),
    describe: (object) => settled<SentRecord>(connection.describe(object)),
    call<T>(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const request = { method: method as "GET", url: `${BASE}${path}`, ...json };
      const answer = connection.request({ ...request, headers: { "content-type": "application/json", ...headers } });
      return settled<T>(answer);
    },
  };
}

/** `answer` is a promise, or one of jsforce's queries, which can be awaited too. */
async function settled<T>(answer: unknown): Promise<Reply<T>> {
  try {
    return { body: (await answer) as T, error: null };
  } catch (error) {
    if (!(error instanceof Error) || !("errorCode" in error) || typeof error.errorCode !== "string") throw error;
    const body = "data" in error ? error.data : null;
    const whole = error.errorCode === "MULTIPLE_CHOICES" || error.errorCode === "MULTIPLE_API_ERRORS" ? body : [body];
    return { body: whole as T, error: { errorCode: error.errorCode, message: error.message } };
  }
}
