/** The table that the bench prints: what was measured, beside its goal. */

import type { Cost } from "./programs.ts";

/** A line of the table; `goal` is from `docs/benchmarks.md`. */
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

/** What a program took, with its instructions in millions if they can be counted. */
export interface Figures extends Cost {
  readonly instructions?: number | undefined;
}

/** Makes the line of a program's figures as they are. */
export function figuresRow(what: string, figures: Figures): Row {
  const { wallMs, cpuMs, instructions } = figures;
  const counted = instructions === undefined ? "" : `, ${instructions.toFixed(0)} M`;
  return {
    what,
    measured: `${wallMs.toFixed(0)} ms, CPU ${cpuMs.toFixed(0)} ms${counted}`,
    goal: "",
  };
}

/** Makes the line of a program's figures, with their ratios to another's. */
export function ratioRow(what: string, figures: Figures, to: {
  readonly of: Figures;
  readonly goal: string;
}): Row {
  const { of, goal } = to;
  const wall = `${(figures.wallMs / of.wallMs).toFixed(2)} × (${figures.wallMs.toFixed(0)} ms)`;
  const cpu = `CPU ${(figures.cpuMs / of.cpuMs).toFixed(2)} ×`;
  const counted = figures.instructions === undefined || of.instructions === undefined
    ? ""
    : `, instructions ${(figures.instructions / of.instructions).toFixed(2)} × ` +
      `(${figures.instructions.toFixed(0)} M)`;
  return { what, measured: `${wall}, ${cpu}${counted}`, goal };
}

/** Makes the text of a section. */
export function sectionText({ heading, rows }: Section): string {
  const lines = rows.map(({ what, measured, goal }) =>
    `  ${what.padEnd(56)} ${measured.padEnd(58)} ${goal}`.trimEnd()
  );
  return [heading, ...lines].join("\n") + "\n";
}
