import type { SnapshotMeta } from "../contract/planner.ts";
import type { KeyMove, StateStore } from "../contract/state.ts";

/**
 * A rekey moves the refusals in the state first, then the snapshot in the planner. What it moved is written down with the
 * first half, so that a rekey which ended between the two can be taken back. Nobody else may work on the sync until then.
 */
export const unfinishedRekey = {
  settingOf: (sync: string): string => `rekey ${sync}`,

  text: (meta: SnapshotMeta, moves: readonly KeyMove[]): string => {
    const unfinished: Unfinished = { generation: meta.generation, key: meta.key, moves };
    return JSON.stringify(unfinished);
  },

  /** What would take it back; null where there is nothing to take back: the planner's half came about, or neither did. */
  undo: async (state: StateStore | null, meta: SnapshotMeta | null): Promise<readonly KeyMove[] | null> => {
    if (state === null || meta === null) return null;
    const text = await state.setting(unfinishedRekey.settingOf(meta.sync));
    if (text === null || text === "") return null;
    const { generation, key, moves } = JSON.parse(text) as Unfinished;
    // Whatever moves the snapshot counts its generation on, the planner's half of a rekey too.
    if (generation !== meta.generation || JSON.stringify(key) !== JSON.stringify(meta.key)) return null;
    return moves.map(({ from, to }) => ({ from: to, to: from }));
  },
};

type Unfinished = { readonly generation: number; readonly key: readonly string[]; readonly moves: readonly KeyMove[] };
