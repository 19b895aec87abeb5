/** `--get PATH`: one value of a document, for scripts that have no `jq`. */
import { isJsonObject } from "../json_object.ts";
import { jsonText } from "../render/escape.ts";
import { nearestHint, suggest } from "./suggest.ts";

/** The values that a path leads to. */
export interface FoundValues {
  /** One for each value; an absent one and `null` are empty. */
  readonly lines: readonly string[];
  /** False if a value is absent or `null`. A list without elements lacks nothing. */
  readonly isComplete: boolean;
  /** Why the path cannot be right, as where a name is misspelt; `null`: it may be. */
  readonly problem: string | null;
}

/**
 * Finds values in a document.
 *
 * Texts, numbers and booleans are given as they are; objects and lists as JSON on one line.
 *
 * @param path Names and positions with dots between them; `[]` stands for each element of a list:
 * `verdict`, `backends.0.id`, `images[].url`. See `readValuePath()`.
 */
export function getValues(document: unknown, path: string): FoundValues {
  const steps = path.match(/\[\d*\]|[\w-]+/g) ?? [];
  // What is no path leads nowhere; that it is none was said before.
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

/** A position that a list does not have is no problem: it may have it the next time. */
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
