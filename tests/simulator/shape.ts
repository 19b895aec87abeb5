/**
 * Compares answers with recorded ones: the same keys and types, and the same values where they
 * matter.
 */
import { isObject } from "./transcript.ts";

/** Keys whose values must be equal; for all others the type is enough. */
const EXACT: ReadonlySet<string> = new Set([
  "error",
  "error_id",
  "success",
  "result",
  "class",
  "any_loading",
  "message",
  "user_id",
  "output_append_user",
  "status",
  "waiting_gens",
  "loading_models",
  "waiting_backends",
  "live_gens",
  "enabled",
  "max_usages",
  "time_since_used",
  "current_model",
  "socket_intention",
  "queue_remaining",
  "folders",
  "images",
  "name",
  "title",
  "architecture",
  "compat_class",
  "standard_width",
  "standard_height",
  "loaded",
]);

/** Keys that say how a recording was shortened, or that no client reads. */
const SKIPPED: ReadonlySet<string> = new Set(["_note", "description", "types_available", "colour"]);

/**
 * Says how an answer differs from the recorded one; an empty list: not at all.
 *
 * @param options.ignored Further keys whose values may differ.
 */
export function differences(
  actual: unknown,
  expected: unknown,
  options: { readonly path?: string; readonly ignored?: ReadonlySet<string> } = {},
): readonly string[] {
  const path = options.path ?? "";
  const key = path.slice(path.lastIndexOf(".") + 1).replace(/\[\d*\]$/, "");
  if (isCut(expected) || SKIPPED.has(key)) return [];
  if (Array.isArray(expected)) return arrayDifferences(actual, expected, { ...options, path });
  if (isObject(expected)) return objectDifferences(actual, expected, { ...options, path });
  const isExact = EXACT.has(key) && !options.ignored?.has(key) && !path.includes(".data.");
  const wanted = typeof expected === "string" ? withoutTime(expected) : expected;
  const found = typeof actual === "string" ? withoutTime(actual) : actual;
  if (isExact && found !== wanted) return [`${path}: ${show(found)} instead of ${show(wanted)}`];
  if (expected !== null && actual !== null && typeof actual !== typeof expected) {
    return [`${path}: ${show(actual)} instead of ${show(expected)}`];
  }
  return [];
}

/**
 * Removes from picture paths what differs each time: the time, and the number added to a name that
 * exists.
 */
export function withoutTime(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\d/g, "<date>").replaceAll(
    /<date>\/\d{7}-/g,
    "<date>/<number>-",
  ).replace(/(-\d+)?\.png$/, ".png");
}

function objectDifferences(
  actual: unknown,
  expected: { readonly [key: string]: unknown },
  options: { readonly path: string; readonly ignored?: ReadonlySet<string> },
): readonly string[] {
  const { path } = options;
  if (!isObject(actual)) return [`${path}: ${show(actual)} instead of an object`];
  const isShortened = "_note" in expected;
  const missing = Object.keys(expected).filter((key) => !(key in actual) && !SKIPPED.has(key));
  const extra = Object.keys(actual).filter((key) => !(key in expected) && !isShortened);
  return [
    ...missing.map((key) => `${path}.${key} is missing`),
    ...extra.map((key) => `${path}.${key} is not in the recording`),
    ...Object.keys(expected).filter((key) => key in actual).flatMap((key) =>
      differences(actual[key], expected[key], { ...options, path: `${path}.${key}` })
    ),
  ];
}

function arrayDifferences(
  actual: unknown,
  expected: readonly unknown[],
  options: { readonly path: string; readonly ignored?: ReadonlySet<string> },
): readonly string[] {
  const { path } = options;
  if (!Array.isArray(actual)) return [`${path}: ${show(actual)} instead of a list`];
  if (expected.some(isCut)) return [];
  const key = path.slice(path.lastIndexOf(".") + 1);
  if (key === "permissions") {
    return differences([...actual].sort().join(), [...expected].sort().join(), {
      path: "permissions.name",
    });
  }
  const isExact = EXACT.has(key) && !options.ignored?.has(key);
  if (isExact && actual.length !== expected.length) {
    return [`${path}: ${show(actual)} instead of ${show(expected)}`];
  }
  return expected.slice(0, actual.length).flatMap((item, index) =>
    differences(counterpart(item, { actual, index }), item, {
      ...options,
      path: `${path}[${index}]`,
    })
  );
}

/** The item with the same id, if items have one; else the item at the same position. */
function counterpart(
  item: unknown,
  { actual, index }: { readonly actual: readonly unknown[]; readonly index: number },
): unknown {
  if (!isObject(item) || typeof item.id !== "string") return actual[index];
  return actual.find((each) => isObject(each) && each.id === item.id);
}

/** Recordings mark what they left out: `(cut; …)`, `(ok, 1629 characters)`, `(63)`, `…`. */
function isCut(value: unknown): boolean {
  return typeof value === "string" &&
    (value.includes("…") || /^\((ok|\d+ bytes|binary),? |^\(\d+\)$/.test(value));
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? "nothing";
}
