/** The recordings of a real server in `tests/fixtures/wire`. */

/** A JSON object of a recording. */
export type JsonObject = { readonly [key: string]: unknown };

/** One line of a recording. */
export interface Step {
  readonly atMs: number;
  readonly dir: string;
  readonly who: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests that were written byte by byte. */
  readonly isRaw: boolean;
  readonly what: string;
  readonly code: number;
  readonly body: unknown;
}

/** What another client saw at one moment. */
export interface Sample {
  readonly atMs: number;
  readonly values: JsonObject;
}

/** A recording. */
export interface Transcript {
  readonly steps: readonly Step[];
  readonly samples: readonly Sample[];
}

/** Says whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads the recording of a scenario, e.g. `01-basics`. */
export async function readTranscript(scenario: string): Promise<Transcript> {
  const url = new URL(`../fixtures/wire/${scenario}.json`, import.meta.url);
  const file: unknown = JSON.parse(await Deno.readTextFile(url));
  if (!isObject(file)) throw new Error(`Cannot read ${scenario}: not an object`);
  return {
    steps: objects(file.steps).map((step) => ({
      atMs: Number(step.t_ms),
      dir: String(step.dir),
      who: String(step.who ?? ""),
      method: String(step.method ?? ""),
      route: String(step.route ?? ""),
      status: Number(step.http_status ?? 0),
      headers: texts(step.headers),
      isRaw: step.raw === true,
      what: String(step.what ?? ""),
      code: Number(step.code ?? 0),
      body: step.body,
    })),
    samples: objects(file.samples).map((sample) => ({
      atMs: Number(sample.t_ms),
      values: sample,
    })),
  };
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}
