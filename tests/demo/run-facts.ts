/** What a demo needs of `sluice run --json`, one run of one sync. */
export type RunFacts = {
  readonly id: string;
  readonly sync: string;
  readonly state: string;
  readonly reason: string | null;
  readonly counts: Readonly<Record<string, number>> | null;
  readonly operations: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly created: number;
  readonly adopted: number;
  readonly guards: readonly { guard: string; held: boolean; value: number; of: number; limit: string }[];
  readonly calls: number;
  readonly throttled: number;
  readonly waited_ms: number;
  readonly started_at: string;
  readonly ended_at: string;
};

export type PlanFacts = {
  readonly sync: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly forecast: { calls: number; seconds: number; creates: number; adopts: number };
  readonly guards: RunFacts["guards"];
  readonly sample: readonly {
    key: string;
    change: string;
    record: string | null;
    adopted: boolean;
    fields: readonly { field: string; old: string | null; new: string | null }[];
  }[];
};

/** The runs in a document of `sluice run --json`. */
export function runsOf(stdout: string): readonly RunFacts[] {
  const document = JSON.parse(stdout) as { runs?: RunFacts[]; run?: RunFacts; error?: { message: string } };
  if (document.runs === undefined && document.run === undefined)
    throw new Error(`sluice run: ${document.error?.message ?? stdout}`);
  return document.runs ?? (document.run === undefined ? [] : [document.run]);
}

/** The plans in a document of `sluice plan --json`. */
export function plansOf(stdout: string): readonly PlanFacts[] {
  const document = JSON.parse(stdout) as { plans?: PlanFacts[]; error?: { message: string } };
  const plans = document.plans;
  if (plans === undefined) throw new Error(`sluice plan: ${document.error?.message ?? stdout}`);
  return plans;
}

/** How many rows of a run ended in one state, over all its operations. */
export function rowsIn(run: RunFacts, state: string): number {
  return Object.values(run.operations).reduce((sum, counts) => sum + (counts[state] ?? 0), 0);
}

export function secondsOf(run: RunFacts): number {
  return (Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000;
}

const NUMBER = new Intl.NumberFormat("en-US");
export const count = (value: number): string => NUMBER.format(value);

/** Columns side by side: the first to the left, numbers to the right, two blanks between. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[], leftColumns: number): string {
  const all = [head, ...rows];
  const widths = head.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, index) => (index < leftColumns ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}
