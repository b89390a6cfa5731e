// Proves that the committed JSON Schemas are those of the schemas that parse the files, and that every key says what it is.
// After a change: UPDATE_SCHEMAS=1 npx vitest run tests/unit/config/json-schema.test.ts
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { connectors } from "../../../connectors/index.ts";
import { jsonSchemas } from "../../../src/config/json-schemas.ts";
import type { Outline } from "../../../src/config/schema-outline.ts";

const schemas = Object.entries(jsonSchemas(connectors));

const pathOf = (name: string) => fileURLToPath(new URL(`../../../schemas/${name}`, import.meta.url));

describe.each(schemas)("%s", (name, schema) => {
  it("is committed as it is generated", async () => {
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    if (process.env["UPDATE_SCHEMAS"] === "1") await writeFile(pathOf(name), text);
    expect(await readFile(pathOf(name), "utf8")).toBe(text);
  });

  it("describes every key", () => {
    const silent: string[] = [];
    const visit = (outline: Outline, path: string) => {
      for (const inner of [...(outline.anyOf ?? []), ...(outline.oneOf ?? [])]) visit(inner, path);
      if (typeof outline.additionalProperties === "object") visit(outline.additionalProperties, `${path}.*`);
      if (outline.items !== undefined) visit(outline.items, `${path}[]`);
      for (const [key, value] of Object.entries(outline.properties ?? {})) {
        if (value.description === undefined) silent.push(`${path}.${key}`);
        visit(value, `${path}.${key}`);
      }
    };
    visit(schema as Outline, "");
    expect(silent).toEqual([]);
  });
});
