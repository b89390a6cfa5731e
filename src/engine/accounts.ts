import type { Clock, Random } from "../contract/clock.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import type { Account, Destination, RemoteObject } from "../contract/destination.ts";
import { Fault, NO_HINTS } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { newRunId } from "../core/run-id.ts";
import { bisecting } from "../delivery/bisecting.ts";
import { type Budget, windowBudget } from "../delivery/budget.ts";
import { type Gate, type Meter, openGate } from "../delivery/gate.ts";
import { type Calling, limited } from "../delivery/limited.ts";
import { redacting } from "../delivery/redacting.ts";
import { type RetryAllowance, retryAllowance, retrying } from "../delivery/retrying.ts";
import { askOnce } from "./ask-once.ts";
import { budgetKeeper, budgetWitness, pauseWitness } from "./keep-budget.ts";

/** A connection that said who it is. All syncs of one account share its gate, whatever their connections are called. */
export type OpenAccount = {
  readonly account: Account;
  readonly gate: Gate;
  /** Where searches wait too; null where they are calls like any other. */
  readonly search: Gate | null;
  readonly abilities: Destination["abilities"];
  /** The destination with limits, retries and bisecting, counting into this meter. */
  readonly metered: (meter: Meter, calling?: Calling) => Destination;
  /** With the fields that are named, as far as the destination knows them. */
  readonly describe: (
    object: string,
    fields: readonly string[],
    meter: Meter,
    signal: AbortSignal,
  ) => Promise<RemoteObject>;
};

/** The destinations of a process. */
export interface Accounts {
  /**
   * Opens the connection and asks it who it is, once per process; where that failed, the next one asks again. Calls made
   * here are counted into the first asker's meter.
   */
  open(connection: string, meter: Meter, signal: AbortSignal): Promise<OpenAccount>;
  /** Closes every connection. Throws where a wait that an account asked for could not be kept for the next process. */
  close(): Promise<void>;
}

type Parts = {
  readonly project: Project;
  readonly connectors: readonly ConnectorDefinition[];
  readonly clock: Clock;
  readonly random: Random;
  readonly state: StateStore | null;
};

type Door = { gate: Gate; search: Gate | null; allowance: RetryAllowance };

export function openAccounts(parts: Parts): Accounts {
  const opened = askOnce<OpenAccount>();
  const budgets = budgetKeeper(parts.state, newRunId(parts.clock.now(), parts.random), parts.clock);
  const doors = new Map<string, Promise<Door>>();
  const raws: Destination[] = [];
  const openOne = async (name: string, meter: Meter, signal: AbortSignal): Promise<OpenAccount> => {
    const raw = redacting(await rawDestination(parts, name), parts.project.secrets);
    try {
      const account = await introduce(name, raw, meter, signal);
      raws.push(raw);
      return account;
    } catch (error) {
      await raw.close();
      throw error;
    }
  };
  const introduce = async (name: string, raw: Destination, meter: Meter, signal: AbortSignal): Promise<OpenAccount> => {
    // Until the account says who it is, the connection has a door of its own. Who asks for whom the connection is, asks the account
    // already: what it told former processes holds for this call, too, and a pause that it asks for now outlives this one.
    const former = (await parts.state?.setting(accountOf(name))) ?? null;
    const likely = former ?? accountOf(name);
    const own = newDoor(parts, name, raw, pauseWitness(likely, parts.clock, budgets));
    await inherit(parts, own.gate.budget, likely);
    const wrap = (door: Door, into: Meter, calling?: Calling) =>
      bisecting(
        retrying(limited(raw, door.gate, into, door.search, calling), {
          clock: parts.clock,
          random: parts.random,
          allowance: door.allowance,
        }),
      );
    const { value: account } = await named(name, () => wrap(own, meter).check(signal));
    if (former !== account.id) await parts.state?.putSetting(accountOf(name), account.id);
    // Two connections of one account that open side by side still share one door.
    const opening = doors.get(account.id) ?? sharedDoor(parts, name, raw, own, account.id, budgets);
    doors.set(account.id, opening);
    const door = await opening;
    door.gate.budget.blockUntil(own.gate.budget.blockedUntilMs);
    const described = askOnce<RemoteObject>();
    return {
      account,
      gate: door.gate,
      search: door.search,
      abilities: raw.abilities,
      metered: (into, calling) => wrap(door, into, calling),
      describe: (object, fields, into, until) =>
        described.ask(
          JSON.stringify([object, ...fields]),
          async () => (await wrap(door, into).describe(object, fields, until)).value,
          until,
        ),
    };
  };
  return {
    open: (name, meter, signal) => opened.ask(name, () => openOne(name, meter, signal), signal),
    close: async () => {
      await opened.settled();
      const closed = await Promise.allSettled(raws.map((raw) => raw.close()));
      await budgets.close();
      const failure = closed.find((one) => one.status === "rejected");
      if (failure !== undefined) throw failure.reason;
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

function newDoor(parts: Parts, connection: string, raw: Destination, onChange: (budget: Budget) => void): Door {
  const reserve = parts.project.connections.get(connection)?.reserve ?? 0;
  const { firstWindow, searchWindow, callsAtOnce } = raw.abilities;
  const gate = openGate(windowBudget(firstWindow, reserve), parts.clock, onChange, callsAtOnce);
  const search = searchWindow === null ? null : openGate(windowBudget(searchWindow), parts.clock, () => undefined);
  return { gate, search, allowance: retryAllowance() };
}

/** The account's own door: it knows what the first call taught, and what former processes spent and were told to wait for. */
async function sharedDoor(
  parts: Parts,
  connection: string,
  raw: Destination,
  own: Door,
  account: string,
  budgets: ReturnType<typeof budgetKeeper>,
): Promise<Door> {
  const { clock } = parts;
  const door = newDoor(parts, connection, raw, budgetWitness(account, clock, budgets));
  const { budget } = door.gate;
  const { window, daily } = own.gate.budget;
  await inherit(parts, budget, account);
  const nowMs = clock.monotonicMs();
  budget.learn({ ...NO_HINTS, window: { ...window, remaining: null }, daily }, nowMs);
  // The call that told us who we are was made through the connection's own door; it counts here as well.
  budget.remember(1, nowMs);
  return door;
}

/** What former processes spent, and were told to wait for. */
async function inherit({ state, clock }: Parts, budget: Budget, account: string): Promise<void> {
  const stored = (await state?.budget(account)) ?? null;
  if (stored === null) return;
  const nowMs = clock.monotonicMs();
  const toWall = clock.now() - nowMs;
  budget.blockUntil(stored.blockedUntil - toWall);
  // A clock that was set back must not keep calls in the window for longer than it is.
  if (stored.used !== null) budget.remember(stored.used.calls, Math.min(nowMs, stored.used.at - toWall));
}

/** The setting that keeps whose account a connection was when it was opened last; until then it stands for that account's name. */
function accountOf(connection: string): string {
  return `account of ${connection}`;
}
