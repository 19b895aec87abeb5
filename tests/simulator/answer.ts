/** Compares the simulator's answers. */
import type { RawAnswer } from "./raw_http.ts";
import { differences } from "./shape.ts";
import { isObject, type Step } from "./transcript.ts";

/** Headers that clients look at. */
const HEADERS = [
  "content-type",
  "cache-control",
  "location",
  "allow",
  "content-range",
  "accept-ranges",
];

/** Reads JSON; other text is returned unchanged. */
export function parsed(text: string): unknown {
  try {
    return text === "" ? text : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** How an answer differs from the recorded one. @param options.body The answer's body, read. */
export function answerDifferences(
  answer: RawAnswer,
  { step, body }: { readonly step: Step; readonly body: unknown },
): readonly string[] {
  const isStatus = answer.status === step.status;
  return [
    ...(isStatus ? [] : [`status: ${answer.status} instead of ${step.status}`]),
    ...HEADERS.flatMap((name) => headerDifference(name, answer, step)),
    ...bodyDifferences(body, step.body),
  ];
}

/** The parameters that an image's metadata names, in a form that can be compared. */
export function parametersOf(image: unknown): string {
  const metadata = isObject(image) ? image.metadata : undefined;
  const content = typeof metadata === "string" ? parsed(metadata) : metadata;
  if (!isObject(content) || !isObject(content.sui_image_params)) return "nothing";
  const { seed, ...parameters } = content.sui_image_params;
  const isPicked = Number(seed) > 1_000;
  const extra = isObject(content.sui_extra_data) ? Object.keys(content.sui_extra_data) : [];
  const all = { ...parameters, seed: isPicked ? "picked" : seed, extra };
  return JSON.stringify(Object.entries(all).sort());
}

function headerDifference(
  ...[name, answer, step]: readonly [string, RawAnswer, Step]
): readonly string[] {
  const found = answer.headers.get(name);
  const wanted = step.headers[name] ?? null;
  if (found === wanted || (name === "content-range" && found !== null && wanted !== null)) {
    return [];
  }
  return [`header ${name}: ${found} instead of ${wanted}`];
}

function bodyDifferences(actual: unknown, expected: unknown): readonly string[] {
  const start = typeof expected === "string" ? /starts with ([0-9a-f ]+)/.exec(expected) : null;
  if (start === null || typeof actual !== "string") return differences(actual, expected);
  const wanted = `starts with ${start[1]}`;
  return actual.startsWith(wanted) ? [] : [`body: ${actual} instead of ${wanted}`];
}
