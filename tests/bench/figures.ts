import { count } from "../demo/run-facts.ts";

/** One line of a benchmark: what, how much, and what it should be. */
export function figure(name: string, value: string, target: string | null = null): void {
  process.stdout.write(`${name.padEnd(44)}${value.padStart(16)}${target === null ? "" : `   target ${target}`}\n`);
}

export const seconds = (value: number): string => `${value.toFixed(2)} s`;
export const perSecond = (rows: number, duration: number): string => `${count(Math.round(rows / duration))} rows/s`;
export const megabytes = (value: number): string => `${count(Math.round(value))} MB`;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
