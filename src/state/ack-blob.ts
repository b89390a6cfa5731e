import { Fault } from "../contract/fault.ts";
import { ROW_STATES, type RowState } from "../contract/run.ts";
import type { RowAck } from "../contract/state.ts";

/**
 * Acknowledgements of one batch as a JSON array: [states, created, remote ids, what was kept by position]. States and
 * created are strings of one character a row, or of one character where all rows agree.
 */
type Blob = readonly [string, string, readonly (string | 0)[], Readonly<Record<string, RowAck["kept"]>>];

const LETTERS: Readonly<Record<RowState, string>> = {
  planned: "p",
  applied: "a",
  altered: "k",
  skipped: "s",
  transferred: "t",
  rejected: "r",
  deferred: "d",
  cancelled: "c",
  unknown: "u",
  invalid: "i",
  waiting: "w",
};
const STATES = new Map<string, RowState>(ROW_STATES.map((state) => [LETTERS[state], state]));

export function encodeAcks(acks: readonly RowAck[]): string {
  let states = "";
  let created = "";
  const ids: (string | 0)[] = [];
  const kept: Record<string, RowAck["kept"]> = {};
  for (const [position, ack] of acks.entries()) {
    states += LETTERS[ack.state];
    created += ack.created === null ? "-" : ack.created ? "1" : "0";
    ids.push(ack.remoteId ?? 0);
    if (ack.kept !== null) kept[position] = ack.kept;
  }
  const blob: Blob = [squeeze(states), squeeze(created), ids, kept];
  return JSON.stringify(blob);
}

/** Throws STATE_CORRUPT where the text is no such array. */
export function decodeAcks(text: string): RowAck[] {
  const [states, created, ids, kept] = JSON.parse(text) as Blob;
  return ids.map((id, position) => {
    const state = STATES.get(at(states, position));
    if (state === undefined) throw new Fault("STATE_CORRUPT", "the state database holds an unreadable acknowledgement");
    const bit = at(created, position);
    return {
      state,
      remoteId: id === 0 ? null : id,
      created: bit === "-" ? null : bit === "1",
      kept: kept[position] ?? null,
    };
  });
}

function squeeze(text: string): string {
  const first = text.charAt(0);
  return text.length > 1 && text === first.repeat(text.length) ? first : text;
}

function at(text: string, position: number): string {
  return text.length === 1 ? text : text.charAt(position);
}
