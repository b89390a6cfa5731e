import type { ZodObject } from "zod";
import type { Clock } from "./clock.ts";
import type { Conformance } from "./conformance.ts";
import type { Abilities, Destination } from "./destination.ts";
import type { Sandbox, SandboxOptions } from "./sandbox.ts";
import type { Warehouse } from "./warehouse.ts";

export type ConnectorContext = {
  /** Name of the connection, for messages. */
  readonly connection: string;
  /** Absolute path; relative paths in a connection are relative to it. */
  readonly projectDir: string;
  readonly clock: Clock;
};

/**
 * One kind of system. `config` is a strict zod object without `type`; a secret is marked `.meta({ secret: true })`.
 * Factories load their vendor's client when called, never when this definition is imported.
 */
export type ConnectorDefinition = {
  readonly type: string;
  readonly title: string;
  readonly config: ZodObject;
  readonly warehouse: ((config: never, context: ConnectorContext) => Promise<Warehouse>) | null;
  readonly destination: {
    readonly abilities: Abilities;
    readonly open: (config: never, context: ConnectorContext) => Promise<Destination>;
  } | null;
  /** Tries in an account of the user's what connector and sandbox take for granted of the vendor; null where nothing is tried. */
  readonly conformance: ((config: never, context: ConnectorContext, object: string) => Promise<Conformance>) | null;
  readonly sandbox: {
    readonly defaultPort: number;
    readonly tiers: readonly string[];
    /** What it takes for credentials, by the key of the connection's config. */
    readonly credentials: Readonly<Record<string, string>>;
    /** The config of a connection to the sandbox that listens there. */
    readonly config: (url: string) => unknown;
    readonly start: (options: SandboxOptions) => Promise<Sandbox>;
  } | null;
};
