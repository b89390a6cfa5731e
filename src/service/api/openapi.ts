import { z } from "zod";
import { PROBLEM_TYPE } from "./refusal.ts";
import type { Route } from "./route.ts";
import { problem } from "./shapes.ts";

type Json = { [key: string]: unknown };

export type OpenApi = {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Json; readonly securitySchemes: Json };
};

/** The API's document, made of the same schemas that read the requests. */
export function openapi(routes: readonly Route[], version: string): OpenApi {
  const schemas: Json = {};
  const schemaOf = (type: z.ZodType, io: "input" | "output"): Json => {
    const {
      $defs = {},
      $schema: _,
      ...schema
    } = z.toJSONSchema(type, { io, unrepresentable: "any" }) as Json & { $defs?: Json };
    for (const [name, part] of Object.entries($defs)) schemas[name] = referring(withoutId(part as Json));
    return referring(withoutId(schema));
  };
  const paths: Record<string, Record<string, Json>> = {};
  for (const one of routes) {
    const operations = paths[one.path] ?? {};
    paths[one.path] = operations;
    operations[one.method.toLowerCase()] = operationOf(one, schemaOf);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sluice",
      version,
      description:
        "Starts syncs, follows their runs and releases what waits for a person. Every refusal is a problem document.",
    },
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "`sluice token create` makes one." } },
    },
  };
}

function operationOf(one: Route, schemaOf: (type: z.ZodType, io: "input" | "output") => Json): Json {
  const answers = Object.entries(one.answers).map(([status, body]) => {
    const content =
      typeof body === "string"
        ? { [body]: { schema: { type: "string" } } }
        : { "application/json": { schema: schemaOf(body, "output") } };
    return [status, { description: Number(status) === 202 ? "Begun; not over yet" : "Done", content }];
  });
  const refused = { description: "Refused", content: { [PROBLEM_TYPE]: { schema: schemaOf(problem, "output") } } };
  return {
    operationId: `${one.method.toLowerCase()}${one.path.replaceAll(/[^A-Za-z]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: one.summary,
    tags: [one.tag],
    security: one.scope === null ? [] : [{ token: [one.scope] }],
    parameters: [...parametersOf(one, "path", schemaOf), ...parametersOf(one, "query", schemaOf), ...headersOf(one)],
    ...(one.body === null
      ? {}
      : { requestBody: { content: { "application/json": { schema: schemaOf(one.body, "input") } } } }),
    responses: { ...Object.fromEntries(answers), default: refused },
  };
}

function parametersOf(one: Route, place: "path" | "query", schemaOf: (type: z.ZodType, io: "input") => Json): Json[] {
  const schema = schemaOf(place === "path" ? one.params : one.query, "input");
  const required = (schema.required as readonly string[] | undefined) ?? [];
  return Object.entries((schema.properties as Record<string, Json> | undefined) ?? {}).map(([name, part]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: part,
  }));
}

function headersOf({ reads = {} }: Route): Json[] {
  return Object.entries(reads).map(([name, description]) => ({
    ...{ name, in: "header", required: false, description },
    schema: { type: "string" },
  }));
}

function withoutId({ id: _, $schema: __, ...schema }: Json): Json {
  return schema;
}

function referring(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}
