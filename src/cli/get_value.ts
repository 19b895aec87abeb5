/** `--get PATH`: prints one value of a document, for scripts without `jq`. */
import { isJsonObject } from "../json_object.ts";
import { jsonText } from "../render/escape.ts";
import { nearestHint, suggest } from "./suggest.ts";

/** The values at a path. */
export interface FoundValues {
  /** One for each value; an absent one or `null` is an empty line. */
  readonly lines: readonly string[];
  /** False if a value is absent or `null`. An empty list counts as complete. */
  readonly isComplete: boolean;
  /** Why the path cannot be right, such as a misspelt name; `null`: it may be right. */
  readonly problem: string | null;
}

/**
 * Finds values in a document.
 *
 * Texts, numbers and booleans are printed as they are; objects and lists as JSON on one line.
 *
 * @param path Names and positions with dots between them; `[]` stands for each element of a list:
 * `verdict`, `backends.0.id`, `images[].url`. See `readValuePath()`.
 */
export function getValues(document: unknown, path: string): FoundValues {
  const steps = path.match(/\[\d*\]|[\w-]+/g) ?? [];
  // A malformed path finds nothing; it was reported before.
  let values: readonly unknown[] = steps.length === 0 ? [undefined] : [document];
  let problem: string | null = null;
  for (const step of steps) {
    for (const value of values) problem ??= problemOf(value, step);
    values = values.flatMap((value) => takeStep(value, step));
  }
  return {
    lines: values.map(lineOf),
    isComplete: values.every((value) => value !== undefined && value !== null),
    problem,
  };
}

function takeStep(value: unknown, step: string): readonly unknown[] {
  if (step === "[]") return Array.isArray(value) ? value : [undefined];
  const name = nameOf(step);
  if (Array.isArray(value)) return [isPosition(name) ? value[Number(name)] : undefined];
  return [isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined];
}

/** A position beyond the end of a list is no problem: the list may be longer next time. */
function problemOf(value: unknown, step: string): string | null {
  const name = nameOf(step);
  if (Array.isArray(value)) {
    return step === "[]" || isPosition(name) ? null : `there is a list before "${name}" (add [])`;
  }
  if (!isJsonObject(value) || Object.hasOwn(value, name)) return null;
  if (step === "[]") return "there is no list before []";
  const names = Object.keys(value);
  return `there is no "${name}" (${nearestHint(suggest(name, names), names)})`;
}

/** `[0]` and `0` are the same step. */
function nameOf(step: string): string {
  return step.replace(/^\[(.*)\]$/, "$1");
}

function isPosition(name: string): boolean {
  return /^\d+$/.test(name);
}

function lineOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? jsonText(value) : String(value);
}
