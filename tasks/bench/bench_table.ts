/** The table that the bench prints: what was measured, beside its goal. */

/** A line of it; `goal` is of `docs/benchmarks.md`. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
}

/** A heading and its lines. */
export interface Section {
  readonly heading: string;
  readonly rows: readonly Row[];
}

/** A line about something that could not be measured here. */
export function skipped(what: string, why: string): Row {
  return { what, measured: `skipped: ${why}`, goal: "" };
}

/** Makes the line of a time, with its ratio to another. */
export function ratioRow(what: string, figures: {
  readonly ms: number;
  readonly toMs: number;
  readonly goal: string;
}): Row {
  const { ms, toMs, goal } = figures;
  return { what, measured: `${(ms / toMs).toFixed(2)} × (${ms.toFixed(0)} ms)`, goal };
}

/** Makes the text of a section. */
export function sectionText({ heading, rows }: Section): string {
  const lines = rows.map(({ what, measured, goal }) =>
    `  ${what.padEnd(56)} ${measured.padEnd(20)} ${goal}`.trimEnd()
  );
  return [heading, ...lines].join("\n") + "\n";
}
