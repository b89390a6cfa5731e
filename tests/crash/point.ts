/** A moment in a process's life: before or after its n-th call of a method, or when that call's bytes are out. */
export type Point = { readonly call: string; readonly side: Side; readonly nth: number };
export type Side = "before" | "after" | "unanswered";

/** As `state.acknowledge:after:3`. */
export function pointText({ call, side, nth }: Point): string {
  return `${call}:${side}:${nth}`;
}

/** The reverse of {@link pointText}; throws on anything else. */
export function parsePoint(text: string): Point {
  const [, call, side, nth] = /^([a-z]+\.[A-Za-z]+):(before|after|unanswered):([1-9]\d*)$/.exec(text) ?? [];
  if (call === undefined || side === undefined)
    throw new Error(`"${text}" is no point, such as state.createRun:after:1`);
  return { call, side: side as Side, nth: Number(nth) };
}
