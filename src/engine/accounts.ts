import type { Clock, Random } from "../contract/clock.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import type { Account, Destination, ObjectInfo } from "../contract/destination.ts";
import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { bisecting } from "../delivery/bisecting.ts";
import { windowBudget } from "../delivery/budget.ts";
import { type Gate, limited, type Meter, openGate } from "../delivery/limited.ts";
import { type RetryAllowance, retryAllowance, retrying } from "../delivery/retrying.ts";

/** A connection that said who it is. All syncs of one account share its gate, whatever their connections are called. */
export type OpenAccount = {
  readonly account: Account;
  readonly gate: Gate;
  readonly abilities: Destination["abilities"];
  /** The destination with limits, retries and bisecting, counting into this meter. */
  readonly metered: (meter: Meter) => Destination;
  readonly describe: (object: string, meter: Meter, signal: AbortSignal) => Promise<ObjectInfo>;
};

export interface Accounts {
  /** Opens the connection and asks it who it is, once per process. Calls made here are counted into the first asker's meter. */
  open(connection: string, meter: Meter, signal: AbortSignal): Promise<OpenAccount>;
  close(): Promise<void>;
}

type Parts = {
  readonly project: Project;
  readonly connectors: readonly ConnectorDefinition[];
  readonly clock: Clock;
  readonly random: Random;
  readonly state: StateStore | null;
};

type Door = { gate: Gate; allowance: RetryAllowance };

export function openAccounts(parts: Parts): Accounts {
  const opened = new Map<string, Promise<OpenAccount>>();
  const doors = new Map<string, Door>();
  const raws: Destination[] = [];
  const openOne = async (name: string, meter: Meter, signal: AbortSignal): Promise<OpenAccount> => {
    const raw = await rawDestination(parts, name);
    raws.push(raw);
    // Until the account says who it is, the connection has a door of its own.
    const own = newDoor(parts, raw, () => undefined);
    const wrap = (door: Door, into: Meter) =>
      bisecting(
        retrying(limited(raw, door.gate, into), {
          clock: parts.clock,
          random: parts.random,
          allowance: door.allowance,
        }),
      );
    const { value: account } = await named(name, () => wrap(own, meter).check(signal));
    const door = doors.get(account.id) ?? (await sharedDoor(parts, raw, own, account.id));
    doors.set(account.id, door);
    const described = new Map<string, Promise<ObjectInfo>>();
    return {
      account,
      gate: door.gate,
      abilities: raw.abilities,
      metered: (into) => wrap(door, into),
      describe: (object, into, until) => {
        const known =
          described.get(object) ??
          wrap(door, into)
            .describe(object, until)
            .then((told) => told.value);
        described.set(object, known);
        return known;
      },
    };
  };
  return {
    open: (name, meter, signal) => {
      const known = opened.get(name) ?? openOne(name, meter, signal);
      opened.set(name, known);
      return known;
    },
    close: async () => {
      for (const raw of raws) await raw.close();
    },
  };
}

/** A connection that cannot be opened says its name; what to do depends on what went wrong. */
async function named<T>(connection: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const fix =
      error.fix ?? "check its settings in sluice.yml, and that the destination can be reached; nothing was sent";
    const message = error.message.includes(`"${connection}"`)
      ? error.message
      : `connection "${connection}": ${error.message}`;
    throw new Fault(error.code, message, { fix, cause: error, hints: error.hints, problems: error.problems });
  }
}

async function rawDestination(parts: Parts, name: string): Promise<Destination> {
  const connection = parts.project.connections.get(name);
  const connector = parts.connectors.find((candidate) => candidate.type === connection?.type);
  if (connection === undefined || connector?.destination == null)
    throw new Fault("CONFIG_INVALID", `connection "${name}" is no destination`, {
      fix: "name a destination connection",
    });
  return connector.destination.open(connection.config as never, {
    connection: name,
    projectDir: parts.project.dir,
    clock: parts.clock,
  });
}

function newDoor(parts: Parts, raw: Destination, onBlocked: (untilWallMs: number) => void): Door {
  const gate = openGate(windowBudget(raw.abilities.firstWindow), parts.clock, onBlocked);
  return { gate, allowance: retryAllowance() };
}

/** The account's own door: it knows what the first call taught, and what a former process was told to wait for. */
async function sharedDoor(parts: Parts, raw: Destination, own: Door, account: string): Promise<Door> {
  const keep = (untilWallMs: number): void => {
    const record = { account, window: door.gate.budget.window, blockedUntil: untilWallMs };
    // The gate itself obeys at once; this is for the next process. A state that cannot be written stops the run elsewhere.
    parts.state?.putBudget(record).catch(() => undefined);
  };
  const door = newDoor(parts, raw, keep);
  const { window, dailyRemaining } = own.gate.budget;
  const nowMs = parts.clock.monotonicMs();
  door.gate.budget.learn(
    {
      window: { ...window, remaining: null },
      daily: dailyRemaining === null ? null : { max: dailyRemaining, remaining: dailyRemaining },
      retryAfterMs: null,
      throttled: false,
    },
    nowMs,
  );
  // The call that told us who we are was made through the connection's own door; it counts here as well.
  door.gate.budget.book(nowMs);
  door.gate.budget.finish(nowMs);
  const stored = await parts.state?.budget(account);
  if (stored != null) door.gate.budget.blockUntil(nowMs + stored.blockedUntil - parts.clock.now());
  return door;
}
