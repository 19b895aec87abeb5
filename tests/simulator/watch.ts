/** What the recordings of §20 show of all backends at one moment, and the same for a simulator. */
import type { Simulator } from "../../src/simulator/simulator.ts";
import { fetchHere } from "../support/http_clients.ts";
import { isObject, type JsonObject } from "./transcript.ts";

/** An answer that needs more turns of the event loop than this counts as missing. */
const ANSWER_TURNS = 25;

/** A moment in a form that can be compared: the counters, all backends, each direct call. */
export type Watched = Readonly<Record<string, unknown>>;

/** Says whether a recording has such moments. */
export function isWatched(values: JsonObject): boolean {
  return isObject(values.direct);
}

/** The recorded moment. */
export function recordedMoment(values: JsonObject): Watched {
  const backends = Object.entries(isObject(values.backends) ? values.backends : {});
  const direct = Object.entries(isObject(values.direct) ? values.direct : {});
  return {
    global: values.global,
    backends: backends.map(([id, backend]) => {
      const { status, enabled, max, used } = Object(backend);
      return backendText({ id, status, enabled, max, never: used === "Never" });
    }).join(),
    ...Object.fromEntries(direct.map(([name, text]) => [name, answerText(String(text))])),
  };
}

/**
 * Observes the same of a simulator. Ages are compared only where the recording says `Never`: its
 * server had worked before.
 */
export class Watcher {
  readonly #simulator: Simulator;
  #session: string | null = null;

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  /** Observes the present moment. @param values The recorded one. */
  async look(values: JsonObject): Promise<Watched> {
    this.#session ??= String((await this.#call("GetNewSession", {})).session_id);
    const wanted = String(recordedMoment(values).backends);
    const listed = await this.#call("ListBackends", { session_id: this.#session });
    const backends = Object.entries(listed).map(([id, backend]) => {
      const { status, enabled, max_usages, time_since_used } = Object(backend);
      const never = time_since_used === "Never" && wanted.includes(`${id} Never`);
      return backendText({ id, status, enabled, max: max_usages, never });
    }).join();
    const names = Object.keys(isObject(values.direct) ? values.direct : {});
    const direct = await Promise.all(names.map(async (name): Promise<[string, string]> => {
      return [name, await directAnswer(this.#simulator, /\d+/.exec(name)?.[0])];
    }));
    return {
      global: Object.values(this.#simulator.counters),
      backends,
      ...Object.fromEntries(direct),
    };
  }

  async #call(route: string, body: JsonObject): Promise<JsonObject> {
    const response = await fetchHere(`${this.#simulator.url}/API/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    return isObject(answer) ? answer : {};
  }
}

function backendText(
  backend: {
    readonly id: string;
    readonly status: unknown;
    readonly enabled: unknown;
    readonly max: unknown;
    readonly never: boolean;
  },
): string {
  const { id, status, enabled, max, never } = backend;
  return `${id}${never ? " Never" : ""} ${status} ${enabled} ${max}`;
}

async function directAnswer(simulator: Simulator, id: string | undefined): Promise<string> {
  const stop = new AbortController();
  const answer = fetchHere(`${simulator.url}/ComfyBackendDirect/prompt`, {
    signal: stop.signal,
    ...(id === undefined ? {} : { headers: { "X-Swarm-Backend-ID": id } }),
  }).then(async (response) => answerText(`${response.status} ${await response.text()}`)).catch(
    () => "no answer",
  );
  let text: string | null = null;
  answer.then((told) => text = told);
  for (let turn = 0; turn < ANSWER_TURNS && text === null; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  stop.abort();
  return text ?? await answer;
}

function answerText(text: string): string {
  const queue = /"queue_remaining":\s*(\d+)/.exec(text)?.[1];
  if (queue !== undefined) return `queue ${queue}`;
  return /^\d{3}/.exec(text)?.[0] ?? "no answer";
}
