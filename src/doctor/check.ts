/** One line of `doctor`. */

/**
 * `ok`: as it should be. `warning`: it works, but not as well as it could, or it may harm somebody.
 * `missing`: a grant, a right, a setting or an answer is missing. `not_checked`: it could not be
 * checked, or there is nothing to check.
 */
export type CheckState = "ok" | "warning" | "missing" | "not_checked";

/** What a check is about. */
export type CheckGroup = "machine" | "records" | "server" | "verdict";

/** What was found, and what to do about it. */
export interface Check {
  /** Stable, unique: for scripts. */
  readonly id: string;
  readonly group: CheckGroup;
  readonly state: CheckState;
  /** One line for people; may hold foreign text. */
  readonly found: string;
  /** What to do; `null`: nothing. */
  readonly advice: string | null;
}

/** Makes the checks of one group. */
export interface CheckMaker {
  ok(id: string, found: string, advice?: string): Check;
  warning(id: string, found: string, advice?: string): Check;
  missing(id: string, found: string, advice?: string): Check;
  notChecked(id: string, found: string, advice?: string): Check;
}

/** Makes the functions that make the checks of one group. */
export function checksOf(group: CheckGroup): CheckMaker {
  function make(state: CheckState): CheckMaker["ok"] {
    return (id, found, advice) => ({ id, group, state, found, advice: advice ?? null });
  }
  return {
    ok: make("ok"),
    warning: make("warning"),
    missing: make("missing"),
    notChecked: make("not_checked"),
  };
}

/** The first few of a list, and how many more there are. */
export function shortList(words: readonly string[], most = 3): string {
  const more = words.length > most ? ` and ${words.length - most} more` : "";
  return `${words.slice(0, most).join(", ")}${more}`;
}

/** A phrase as the beginning of a line. */
export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
