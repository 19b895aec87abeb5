/** Plays the client's part of a recording against a simulator, and compares the answers. */
import type { Simulator } from "../../src/simulator/simulator.ts";
import { clientHere, fetchHere } from "../support/http_clients.ts";
import type { ManualClock } from "../support/manual_clock.ts";
import { answerDifferences, parametersOf, parsed } from "./answer.ts";
import { type FrameSummary, summary } from "./frames.ts";
import type { RawAnswer } from "./raw_http.ts";
import { sendStep } from "./send_step.ts";
import { Substitutions } from "./substitutions.ts";
import { isObject, type Sample, type Step, type Transcript } from "./transcript.ts";
import { isWatched, recordedMoment, Watcher } from "./watch.ts";
import { nextTurn } from "../support/manual_clock.ts";

const MAX_DRIVE_TURNS = 4_000;
/**
 * How many turns of the event loop are given to messages before the simulated time advances. Client
 * and server run in one process, so the number of turns does not depend on how fast the machine is.
 */
const TRAVEL_TURNS = 15;
/** How far the simulated time then advances, in milliseconds; a bit more each time. */
const LATE_MS = 25;

/**
 * Only every n-th moment of a dense recording is observed; it is compared with all recorded ones.
 */
const WATCH_EVERY = 3;

/** A WebSocket of the recording and of the replay. */
export interface ReplayedSocket {
  readonly name: string;
  readonly expected: FrameSummary;
  readonly actual: FrameSummary;
}

/** A moment of the recording and of the replay. */
export interface ReplayedSample {
  readonly expected: Sample;
  /** With the same names as in the recording. */
  readonly actual: Readonly<Record<string, unknown>>;
}

interface OpenSocket {
  readonly name: string;
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  readonly closed: Promise<number>;
  readonly actual: unknown[];
  readonly expected: unknown[];
}

/** How to replay a scenario. */
export interface ReplayOptions {
  /** Answers that are not compared, by route. */
  readonly skips?: (step: Step) => boolean;
  /** From when on moments are compared; default: from the beginning. */
  readonly watchFromMs?: number;
  /** The moment of the recording at which the server was started; default 0. */
  readonly fromMs?: number;
  /** Called before a step, to do to the server what the recording's script did. */
  readonly before?: (step: Step, simulator: Simulator) => Promise<void> | void;
  /** Actions at given moments of the recording. */
  readonly actions?: readonly {
    readonly atMs: number;
    readonly run: (simulator: Simulator) => void;
  }[];
}

/** One replay. */
export class Replay {
  /** The differences from the recording. */
  readonly problems: string[] = [];
  readonly sockets: ReplayedSocket[] = [];
  readonly samples: ReplayedSample[] = [];
  readonly #simulator: Simulator;
  readonly #watcher: Watcher;
  readonly #clock: ManualClock;
  readonly #options: ReplayOptions;
  readonly #startMs: number;
  readonly #substitutions = new Substitutions();
  readonly #sessions = new Map<string, string>();
  readonly #answers = new Map<string, Promise<RawAnswer>[]>();
  readonly #sockets = new Map<string, OpenSocket>();
  #actions: readonly { readonly atMs: number; readonly run: (simulator: Simulator) => void }[];

  constructor(simulator: Simulator, clock: ManualClock, options: ReplayOptions = {}) {
    this.#simulator = simulator;
    this.#watcher = new Watcher(simulator);
    this.#clock = clock;
    this.#options = options;
    this.#startMs = clock.monotonicMs() - (options.fromMs ?? 0);
    this.#actions = options.actions ?? [];
  }

  /** Plays the whole recording. */
  async play(transcript: Transcript): Promise<void> {
    const samples = [...transcript.samples];
    for (const step of transcript.steps) {
      while (samples[0] !== undefined && samples[0].atMs < step.atMs) {
        const sample = samples.shift();
        if (sample !== undefined) await this.#sample(sample);
      }
      await this.#play(step);
    }
    for (const sample of samples) await this.#sample(sample);
    // The part that is played may end while a handshake is on its way, which would be a leak.
    await Promise.allSettled([...this.#sockets.values()].map(({ opened }) => this.#drive(opened)));
  }

  async #play(step: Step): Promise<void> {
    await this.#options.before?.(step, this.#simulator);
    switch (step.dir) {
      case "request":
        await this.#moveTo(step.atMs);
        return await this.#request(step);
      case "response":
        await this.#moveTo(step.atMs);
        return await this.#response(step);
      case "ws_open":
        // A handshake takes none of the simulated time.
        return await this.#socket(step).opened;
      case "ws_out": {
        await this.#moveTo(step.atMs);
        const { body } = step;
        const text = typeof body === "string" ? body : JSON.stringify(body);
        const known = this.#simulator.requests.length;
        await this.#learnSession(step);
        this.#socket(step).socket.send(this.#substitutions.apply(text));
        return await this.#turnUntil(() => this.#simulator.requests.length > known);
      }
      case "ws_in":
        this.#socket(step).expected.push(step.body);
        return;
      case "ws_close": {
        await this.#moveTo(step.atMs);
        const open = this.#socket(step);
        const code = await this.#drive(open.closed);
        this.#sockets.delete(step.who);
        this.#substitutions.learn(images(open.expected), images(open.actual));
        this.#compareMetadata(open);
        this.sockets.push({
          name: open.name,
          expected: summary(open.expected, step.code),
          actual: summary(open.actual, code),
        });
      }
    }
  }

  async #request(step: Step): Promise<void> {
    if (step.method.includes("upgrade")) return this.#open(step);
    await this.#learnSession(step);
    const known = this.#simulator.requests.length;
    const answer = sendStep(step, {
      simulator: this.#simulator,
      substitutions: this.#substitutions,
    });
    const key = keyOf(step);
    this.#answers.set(key, [...this.#answers.get(key) ?? [], answer]);
    await this.#turnUntil(() => this.#simulator.requests.length > known);
  }

  async #response(step: Step): Promise<void> {
    const pending = this.#answers.get(keyOf(step))?.shift();
    if (pending === undefined) throw new Error(`There is no request for ${JSON.stringify(step)}`);
    const answer = await this.#drive(pending);
    const body = answer.headers.get("content-type")?.startsWith("application/json")
      ? parsed(answer.body)
      : answer.body;
    this.#substitutions.learn(step.body, body);
    if (isObject(body) && typeof body.session_id === "string") {
      this.#sessions.set(step.who, body.session_id);
    }
    if (this.#options.skips?.(step)) return;
    const found = answerDifferences(answer, { step, body });
    const name = `${step.who} ${step.what} ${step.route} at ${step.atMs}`.trim();
    this.problems.push(...found.map((problem) => `${name}: ${problem}`));
  }

  #open(step: Step): void {
    const url = this.#simulator.url.replace("http", "ws") + this.#substitutions.apply(step.route);
    const headers = Object.fromEntries(
      Object.entries(step.headers).map(([name, value]) => [name, this.#substitutions.apply(value)]),
    );
    const socket = new WebSocket(url, { headers, ...clientHere(this.#simulator.url) });
    const actual: unknown[] = [];
    const { promise: closed, resolve: close } = Promise.withResolvers<number>();
    const { promise: opened, resolve: open, reject: refuse } = Promise.withResolvers<void>();
    // If the recording contains no opening, nobody waits for it.
    opened.catch(() => {});
    socket.onopen = () => open();
    socket.onmessage = ({ data }) => actual.push(parsed(String(data)));
    socket.onclose = ({ code }) => {
      refuse(new Error(`The handshake failed with ${code}`));
      close(code);
    };
    const name = `${step.who} ${step.route} at ${step.atMs}`;
    this.#sockets.set(step.who, { name, socket, opened, closed, actual, expected: [] });
  }

  #socket(step: Step): OpenSocket {
    const open = this.#sockets.get(step.who);
    if (open === undefined) throw new Error(`There is no socket for ${JSON.stringify(step)}`);
    return open;
  }

  /**
   * Compares what is written about each image: the parameters exactly, except for a random seed.
   */
  #compareMetadata({ name, expected, actual }: OpenSocket): void {
    const wanted = images(expected);
    const found = images(actual);
    wanted.forEach((image, index) => {
      const [one, other] = [parametersOf(found[index]), parametersOf(image)];
      if (one !== other) this.problems.push(`${name} image ${index}: ${one} instead of ${other}`);
    });
  }

  /** Makes a session when it is first used, if the recording does not show how it was made. */
  async #learnSession({ body, who }: Step): Promise<void> {
    const id = isObject(body) ? body.session_id : undefined;
    if (typeof id !== "string" || !/^[0-9a-f]{40}$/.test(id) || this.#substitutions.knows(id)) {
      return;
    }
    const token = this.#simulator.tokenOf(who.split(/[ ,']/)[0] ?? "");
    const response = await fetchHere(`${this.#simulator.url}/API/GetNewSession`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token === null ? {} : { cookie: `swarm_token=${token}` }),
      },
      body: "{}",
    });
    this.#substitutions.learn({ session_id: id }, await response.json());
  }

  async #sample(expected: Sample): Promise<void> {
    if (isWatched(expected.values)) return await this.#watch(expected);
    await this.#moveTo(expected.atMs);
    const actual: Record<string, unknown> = {};
    for (const name of Object.keys(expected.values)) {
      const who = /^current\((.*)\)$/.exec(name)?.[1];
      const backend = /^direct prompt \(id (\d)\)$/.exec(name)?.[1];
      const session = who === undefined ? undefined : this.#sessions.get(who);
      if (name === "global" && Array.isArray(expected.values[name])) {
        actual[name] = Object.values(this.#simulator.counters);
      }
      if (session !== undefined) actual[name] = await this.#countersOf(session);
      if (backend !== undefined && typeof expected.values[name] === "number") {
        actual[name] = this.#simulator.comfyJobs(Number(backend));
      }
    }
    this.samples.push({ expected, actual });
  }

  async #watch({ atMs, values }: Sample): Promise<void> {
    const isLookedAt = this.samples.length % WATCH_EVERY === 1 &&
      atMs >= (this.#options.watchFromMs ?? -Infinity);
    if (isLookedAt) await this.#moveTo(atMs);
    const actual = isLookedAt ? await this.#watcher.look(values) : {};
    this.samples.push({ expected: { atMs, values: recordedMoment(values) }, actual });
  }

  async #countersOf(session: string): Promise<readonly unknown[]> {
    const response = await fetchHere(`${this.#simulator.url}/API/GetCurrentStatus`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ session_id: session }),
    });
    const answer: unknown = await response.json();
    return isObject(answer) && isObject(answer.status) ? Object.values(answer.status) : [];
  }

  /** Advances the time to a moment of the recording, with the actions on the way. */
  async #moveTo(atMs: number): Promise<void> {
    for (const action of this.#actions) {
      if (action.atMs > atMs) continue;
      await this.#advanceTo(action.atMs);
      action.run(this.#simulator);
    }
    this.#actions = this.#actions.filter((action) => action.atMs > atMs);
    await this.#advanceTo(atMs);
  }

  async #advanceTo(atMs: number): Promise<void> {
    const leftMs = this.#startMs + atMs - this.#clock.monotonicMs();
    if (leftMs > 0) await this.#clock.advance(leftMs);
  }

  /** Waits for something that needs messages to arrive and, if that is not enough, time to pass. */
  async #drive<T>(promise: Promise<T>): Promise<T> {
    let isOpen = true;
    promise.finally(() => isOpen = false).catch(() => {});
    for (let drive = 0; drive < MAX_DRIVE_TURNS; drive++) {
      for (let turn = 0; turn < TRAVEL_TURNS && isOpen; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (!isOpen) return await promise;
      await this.#clock.advance(LATE_MS * (drive + 1));
    }
    throw new Error("What is waited for does not come");
  }

  async #turnUntil(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < MAX_DRIVE_TURNS && !condition(); turn++) {
      await nextTurn();
    }
    if (!condition()) throw new Error("The simulator was not reached");
  }
}

function images(frames: readonly unknown[]): readonly unknown[] {
  return frames.filter((frame) => isObject(frame) && "image" in frame);
}

function keyOf(step: Step): string {
  return `${step.who}|${step.route}|${step.what}`;
}
