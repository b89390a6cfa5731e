import type { Assumption, Seen } from "../../../src/contract/conformance.ts";
import { record, records, text } from "../../../src/kit/json.ts";
import type { Portal, PortalAnswer } from "./portal.ts";

export const MARK = "Sluice conformance";

export function seen(holds: boolean, answer: PortalAnswer): Seen {
  const { status, body } = answer;
  const errors = records(body.errors).map((error) => text(error.message) ?? "");
  const words = [text(body.category), text(body.message), ...errors].filter((word) => word !== null && word !== "");
  return { holds, says: [status, `${records(body.results).length} results`, ...words].join(", ").slice(0, 300) };
}

/** A record of ours; its id. */
export async function makeOne(portal: Portal, signal: AbortSignal, properties: object = {}): Promise<string> {
  const input = { properties: { [portal.nameProperty]: MARK, ...properties }, objectWriteTraceId: "0" };
  const answer = await portal.batch("create", [input], signal);
  return text(records(answer.body.results)[0]?.id) ?? "";
}

/** What holds of every object. */
export function anyObject(portal: Portal): readonly Assumption[] {
  const { nameProperty: name } = portal;
  return [
    {
      name: "a batch create answers 201 and names each record by its trace id",
      probe: async (signal) => {
        const inputs = ["0", "1"].map((objectWriteTraceId) => ({ properties: { [name]: MARK }, objectWriteTraceId }));
        const answer = await portal.batch("create", inputs, signal);
        const traces = records(answer.body.results).map((result) => result.objectWriteTraceId);
        return seen(answer.status === 201 && new Set(traces).size === 2, answer);
      },
    },
    {
      name: "with trace ids a bad row is refused alone: 207, errors that name it, the other row applied",
      probe: async (signal) => {
        const [good, bad] = [await makeOne(portal, signal), await makeOne(portal, signal)];
        const inputs = [
          { id: good, properties: { [name]: `${MARK} 2` }, objectWriteTraceId: "0" },
          { id: bad, properties: { sluice_no_such_property: "x" }, objectWriteTraceId: "1" },
        ];
        const answer = await portal.batch("update", inputs, signal);
        const traces = records(answer.body.errors).flatMap((error) => record(error.context)?.objectWriteTraceId ?? []);
        return seen(
          answer.status === 207 && String(traces) === "1" && records(answer.body.results).length === 1,
          answer,
        );
      },
    },
    {
      name: "without trace ids one bad row refuses the batch",
      probe: async (signal) => {
        const [good, bad] = [await makeOne(portal, signal), await makeOne(portal, signal)];
        const inputs = [
          { id: good, properties: { [name]: `${MARK} 3` } },
          { id: bad, properties: { sluice_no_such_property: "x" } },
        ];
        const answer = await portal.batch("update", inputs, signal);
        return seen(answer.status === 400, answer);
      },
    },
    {
      name: "an update by record id takes only the properties that it is given",
      probe: async (signal) => {
        const id = await makeOne(portal, signal);
        await portal.batch("update", [{ id, properties: { [name]: `${MARK} 4` } }], signal);
        const read = await portal.call("GET", `/crm/v3/objects/${portal.object}/${id}?properties=${name}`, signal);
        return seen(record(read.body.properties)?.[name] === `${MARK} 4`, read);
      },
    },
    {
      name: "an empty text clears a property, which then reads as null",
      probe: async (signal) => {
        const id = await makeOne(portal, signal);
        await portal.batch("update", [{ id, properties: { [name]: "" } }], signal);
        const read = await portal.call("GET", `/crm/v3/objects/${portal.object}/${id}?properties=${name}`, signal);
        const value = record(read.body.properties)?.[name] ?? null;
        return seen(value === null || value === "", read);
      },
    },
    {
      name: "the same id twice in a batch refuses all of it with 400",
      probe: async (signal) => {
        const id = await makeOne(portal, signal);
        const inputs = [1, 2].map((n) => ({
          id,
          properties: { [name]: `${MARK} ${n}` },
          objectWriteTraceId: String(n),
        }));
        const answer = await portal.batch("update", inputs, signal);
        return seen(answer.status === 400 && /duplicate/i.test(String(answer.body.message)), answer);
      },
    },
    {
      name: "more than 100 inputs are refused with 400",
      probe: async (signal) => {
        const inputs = Array.from({ length: 101 }, (_, n) => ({ id: String(n + 1) }));
        const answer = await portal.batch("read", inputs, signal, { properties: [name], propertiesWithHistory: [] });
        return seen(answer.status === 400, answer);
      },
    },
    {
      name: "a read leaves ids out that are not there, without failing",
      probe: async (signal) => {
        const id = await makeOne(portal, signal);
        const inputs = [{ id }, { id: "1" }];
        const answer = await portal.batch("read", inputs, signal, { properties: [name], propertiesWithHistory: [] });
        const isOk = answer.status === 200 || answer.status === 207;
        return seen(isOk && records(answer.body.results).some((result) => result.id === id), answer);
      },
    },
    {
      name: "an archived record is not found by its id, and archiving it again is no error",
      probe: async (signal) => {
        const id = await makeOne(portal, signal);
        await portal.batch("archive", [{ id }], signal);
        const again = await portal.batch("archive", [{ id }], signal);
        const read = await portal.call("GET", `/crm/v3/objects/${portal.object}/${id}`, signal);
        return seen(again.status === 204 && read.status === 404, again.status === 204 ? read : again);
      },
    },
    {
      name: "answers carry the rate limit: max, remaining and interval",
      probe: async (signal) => {
        const answer = await portal.call("GET", `/crm/v3/objects/${portal.object}?limit=1`, signal);
        const names = ["max", "remaining", "interval-milliseconds"].map((part) => `x-hubspot-ratelimit-${part}`);
        const missing = names.filter((header) => answer.headers.get(header) === null);
        return {
          holds: missing.length === 0,
          says: missing.length === 0 ? "all there" : `missing: ${missing.join(", ")}`,
        };
      },
    },
  ];
}
