/** The result of `doctor` for people: a line for each check. */
import type { Check, CheckGroup, CheckState } from "../doctor/check.ts";
import type { Diagnosis } from "../doctor/diagnose.ts";
import { escapeForTerminal } from "./escape.ts";
import { section } from "./text.ts";

const HEADINGS: Readonly<Record<CheckGroup, string>> = {
  machine: "This Machine",
  records: "Records",
  server: "Server",
  verdict: "Verdict",
};

interface Mark {
  readonly word: string;
  /** SGR code. */
  readonly color: string;
}

const MARKS: Readonly<Record<CheckState, Mark>> = {
  ok: { word: "ok", color: "32" },
  warning: { word: "warning", color: "33" },
  missing: { word: "missing", color: "31" },
  not_checked: { word: "-", color: "2" },
};

const MARK_WIDTH = 8;

/** Makes the text of `doctor`; it ends with a line break. */
export function doctorText(
  diagnosis: Diagnosis,
  { isColored }: { readonly isColored: boolean },
): string {
  const groups: readonly CheckGroup[] = ["machine", "records", "server", "verdict"];
  return groups.map((group) =>
    section(
      HEADINGS[group],
      diagnosis.checks.filter((check) => check.group === group)
        .map((check) => line(check, isColored)),
    )
  ).join("\n");
}

function line({ state, found, advice }: Check, isColored: boolean): string {
  const { word, color } = MARKS[state];
  const padded = word.padEnd(MARK_WIDTH);
  const mark = isColored ? `\x1b[${color}m${padded}\x1b[0m` : padded;
  const text = advice === null ? found : `${found} (${advice})`;
  return `  ${mark} ${escapeForTerminal(text)}`;
}
