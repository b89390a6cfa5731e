import type { ObjectStore } from "./object-store.ts";
import { PROPERTY_TYPES, type Property, type PropertyInput, type PropertyOption } from "./property.ts";
import { invalid, isRefusal, type Refusal } from "./refusal.ts";

const NAME = /^[a-z][a-z0-9_]{0,99}$/;

/** Adds a property as `POST /crm/v3/properties/{type}` describes it. */
export function defineProperty(store: ObjectStore, body: unknown): Property | Refusal {
  const input = propertyInput(body);
  if (isRefusal(input)) return input;
  if (store.properties.has(input.name)) {
    const message = `A property named '${input.name}' already exists.`;
    return { status: 409, category: "OBJECT_ALREADY_EXISTS", message };
  }
  return store.addProperty(input);
}

function propertyInput(body: unknown): PropertyInput | Refusal {
  if (typeof body !== "object" || body === null) return invalid("Invalid input JSON: a property is an object");
  const { name, label, type, fieldType, groupName, options, hasUniqueValue } = body as Record<string, unknown>;
  const problem = nameProblem(name);
  if (problem !== null) return invalid(problem);
  const known = PROPERTY_TYPES.find((one) => one === type);
  if (known === undefined) return invalid(`type "${String(type)}" is none of ${PROPERTY_TYPES.join(", ")}`);
  const choices = optionsOf(options ?? []);
  if (choices === null) return invalid("options must be a list of {label, value}");
  if (known === "enumeration" && choices.length === 0) return invalid("an enumeration needs options");
  return {
    name: String(name),
    type: known,
    ...(typeof label === "string" ? { label } : {}),
    ...(typeof fieldType === "string" ? { fieldType } : {}),
    ...(typeof groupName === "string" ? { groupName } : {}),
    ...(choices.length > 0 ? { options: choices } : {}),
    unique: hasUniqueValue === true,
  };
}

/** Why `name` cannot name a property; null where it can. */
export function nameProblem(name: unknown): string | null {
  if (typeof name === "string" && NAME.test(name) && !(name in {})) return null;
  return `name ${JSON.stringify(name)} must start with a letter and have lower-case letters, digits and underscores only`;
}

/** Options given as texts or as `{value, label}`; null where they are neither. */
export function optionsOf(value: unknown): PropertyOption[] | null {
  if (!Array.isArray(value)) return null;
  const options: PropertyOption[] = [];
  for (const one of value as unknown[]) {
    if (typeof one === "string") options.push({ label: one, value: one });
    else if (typeof one === "object" && one !== null && "value" in one && typeof one.value === "string") {
      const label = "label" in one && typeof one.label === "string" ? one.label : one.value;
      options.push({ label, value: one.value });
    } else return null;
  }
  return options;
}
