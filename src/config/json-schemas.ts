import { z } from "zod";
import type { ConnectorDefinition } from "../contract/connector.ts";
import { modelSchema } from "./model-schema.ts";
import { projectSchema } from "./project-schema.ts";
import { syncSchema } from "./sync-schema.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** By file name below schemas/. */
export type JsonSchemas = Readonly<Record<"sluice.schema.json" | "model.schema.json" | "sync.schema.json", JsonSchema>>;

const OPTIONS = { io: "input", unrepresentable: "any", reused: "inline" } as const;

function record(value: unknown): JsonSchema {
  return typeof value === "object" && value !== null ? (value as JsonSchema) : {};
}

/** A connection as it is written: the connector's keys, beside the ones every connection has. */
function connectionSchema(connector: ConnectorDefinition): JsonSchema {
  const { $schema, ...own } = record(z.toJSONSchema(connector.config, OPTIONS));
  const required = Array.isArray(own.required) ? own.required : [];
  return {
    title: connector.title,
    ...own,
    properties: {
      type: { const: connector.type, description: connector.title },
      timezone: { type: "string", description: "Whose clock timestamps without a zone mean." },
      ...(connector.destination === null
        ? {}
        : {
            reserve: {
              type: "string",
              description: "Share of the account's daily calls that is left to its other users: 10% where not said.",
            },
          }),
      ...record(own.properties),
    },
    required: ["type", ...required],
  };
}

/** For editors: the JSON Schemas of the three kinds of file, from the very schemas that parse them. */
export function jsonSchemas(connectors: readonly ConnectorDefinition[]): JsonSchemas {
  const project = record(z.toJSONSchema(projectSchema, OPTIONS));
  const properties = record(project.properties);
  const connections = record(properties.connections);
  return {
    "sluice.schema.json": {
      ...project,
      properties: {
        ...properties,
        connections: { ...connections, additionalProperties: { anyOf: connectors.map(connectionSchema) } },
      },
      required: ["version"],
    },
    "model.schema.json": { ...record(z.toJSONSchema(modelSchema, OPTIONS)), required: ["primary_key"] },
    "sync.schema.json": record(z.toJSONSchema(syncSchema, OPTIONS)),
  };
}
