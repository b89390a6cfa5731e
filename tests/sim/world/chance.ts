/** Seeded chance. Each part of a simulation draws from a stream of its own, so that one more draw here moves nothing there. */
export type Chance = {
  /** In [0, 1). */
  (): number;
  /** Whole, both ends included. */
  int(from: number, to: number): number;
  hits(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** A stream of its own. */
  fork(name: string): Chance;
};

export function chanceOf(seed: number, name = ""): Chance {
  let state = mixed(seed, name);
  const draw = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mix = Math.imul(state ^ (state >>> 15), 1 | state);
    mix = (mix + Math.imul(mix ^ (mix >>> 7), 61 | mix)) ^ mix;
    return ((mix ^ (mix >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (from: number, to: number): number => from + Math.floor(draw() * (to - from + 1));
  return Object.assign(draw, {
    int,
    hits: (probability: number) => draw() < probability,
    pick: <T>(items: readonly [T, ...T[]]): T => items[int(0, items.length - 1)] ?? items[0],
    fork: (child: string) => chanceOf(seed, `${name}/${child}`),
  });
}

function mixed(seed: number, name: string): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}
