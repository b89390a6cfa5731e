// Proves that the API's document is a sound OpenAPI 3.1 document and says what the table of routes says.
import { describe, expect, it } from "vitest";
import { openapi } from "../../../src/service/api/openapi.ts";
import { routes } from "../../../src/service/api/routes.ts";

type Json = Readonly<Record<string, unknown>>;
type Parameter = { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: Json };
type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Json[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content: Readonly<Record<string, { readonly schema: Json }>> }
    >
  >;
};

// As it travels.
const document = JSON.parse(JSON.stringify(openapi(routes, "1.2.3"))) as ReturnType<typeof openapi>;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation: operation as unknown as Operation })),
);
const named = operations.map((one) => [`${one.method.toUpperCase()} ${one.path}`, one] as const);

it("says what it is", () => {
  expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "Sluice", version: "1.2.3" } });
  expect(Object.keys(document).sort()).toEqual(["components", "info", "openapi", "paths"]);
});

it("has every route and no other", () => {
  expect(named.map(([name]) => name).sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
});

it("names every operation once, in letters and digits", () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]*$/);
});

it("resolves every reference, and has nothing that nobody refers to", () => {
  const seen = new Set<string>();
  for (const reference of referencesIn(document)) {
    expect(reference).toMatch(/^#\/components\/schemas\/\w+$/);
    const name = reference.split("/").at(-1) ?? "";
    expect(document.components.schemas, reference).toHaveProperty(name);
    seen.add(name);
  }
  expect(Object.keys(document.components.schemas).sort()).toEqual([...seen].sort());
});

it("has no keyword that is no part of JSON Schema 2020-12 within an OpenAPI document", () => {
  const text = JSON.stringify(document);
  for (const word of ['"$schema"', '"$defs"', '"#/$defs', '"nullable"', '"definitions"', '"~standard"'])
    expect(text).not.toContain(word);
});

describe.each(named)("%s", (_, { path, operation }) => {
  it("declares every parameter of its path, and no other there", () => {
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = operation.parameters.filter((one) => one.in === "path");
    expect(declared.map(({ name }) => name).sort()).toEqual(wanted.sort());
    expect(declared.every(({ required }) => required)).toBe(true);
  });

  it("has parameters with a place and a schema, each once", () => {
    const places = operation.parameters.map((one) => `${one.in} ${one.name}`);
    expect(new Set(places).size).toBe(places.length);
    for (const one of operation.parameters) {
      expect(["path", "query", "header"]).toContain(one.in);
      expect(one.schema).toMatchObject({ type: expect.any(String) });
    }
  });

  it("says what it does, who may, and what it answers", () => {
    expect(operation.summary).toMatch(/\w{3}.*\.$/s);
    expect(operation.tags).toHaveLength(1);
    for (const need of operation.security)
      for (const scheme of Object.keys(need)) expect(document.components.securitySchemes).toHaveProperty(scheme);
    expect(Object.keys(operation.responses)).toContain("default");
    expect(Object.keys(operation.responses).some((status) => /^2\d\d$/.test(status))).toBe(true);
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      expect(description).toMatch(/\w/);
      const [type] = Object.keys(content);
      expect(type).toMatch(
        status === "default" ? /^application\/problem\+json$/ : /^(application\/json|text\/[a-z-]+)$/,
      );
      for (const { schema } of Object.values(content)) expect(schema).toBeTypeOf("object");
    }
  });
});

it("names the headers that the API reads", () => {
  const headers = operations.flatMap(({ operation }) =>
    operation.parameters.filter((one) => one.in === "header").map(({ name }) => `${operation.operationId} ${name}`),
  );
  expect(headers.some((one) => one.endsWith(" Idempotency-Key"))).toBe(true);
  expect(headers.some((one) => one.endsWith(" Last-Event-ID"))).toBe(true);
});

it("refuses what the API refuses: bodies are closed", () => {
  const [, start] = named.find(([name]) => name === "POST /api/v1/syncs/{name}/runs") ?? [];
  expect(start?.operation.requestBody?.content["application/json"]?.schema).toMatchObject({
    type: "object",
    additionalProperties: false,
  });
});

function referencesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === "$ref" && typeof part === "string" ? [part] : referencesIn(part),
  );
}
