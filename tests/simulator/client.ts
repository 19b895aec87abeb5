/** A small client of the simulator, for tests. */
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from "../../src/simulator/simulator.ts";
import { clientHere, fetchHere } from "../support/http_clients.ts";
import { ManualClock, nextTurn } from "../support/manual_clock.ts";
import { onOwnPort } from "../support/own_port.ts";
import { isObject, type JsonObject } from "./transcript.ts";

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON object; empty if the answer is not one. */
  readonly body: JsonObject;
}

/** A request that was sent; its answer is still to come. */
export interface Running {
  readonly answer: Promise<ApiAnswer>;
}

/** A simulator whose time advances only when the test says so. */
export interface Bench extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly clock: ManualClock;
  /** Calls a route. */
  call(
    route: string,
    body: JsonObject,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiAnswer>;
  /** Makes a session; `headers` say for which user. */
  session(headers?: Readonly<Record<string, string>>): Promise<string>;
  /** The four counters of a session, in the order of the protocol. */
  counters(session: string): Promise<string>;
  /** The same for the whole server. */
  allCounters(): string;
  /** Begins a generation and waits until the server is working on it. */
  begin(body: JsonObject): Promise<Running>;
  /** Sends a request and waits until the server has received it. */
  start(route: string, body: JsonObject): Promise<Running>;
  /** Lets time pass until a promise is settled. */
  settle<T>(promise: Promise<T>): Promise<T>;
}

/** Starts a simulator, by default with one backend that has a model loaded. */
export async function bench(options: SimulatorOptions = {}): Promise<Bench> {
  const clock = new ManualClock();
  const simulator = await onOwnPort((port) =>
    startSimulator({
      port,
      backends: [{ type: "comfyui_api", model: "tiny.safetensors" }],
      models: [{ name: "tiny.safetensors" }, { name: "other/second.safetensors" }],
      secondsPerStep: 1,
      loadSeconds: 5,
      ...options,
      clock,
    })
  );
  return new SimulatorBench(simulator, clock);
}

class SimulatorBench implements Bench {
  constructor(readonly simulator: Simulator, readonly clock: ManualClock) {}

  async call(
    ...[route, body, headers = {}]: readonly [string, JsonObject, Readonly<Record<string, string>>?]
  ): Promise<ApiAnswer> {
    const response = await fetchHere(`${this.simulator.url}/API/${route}`, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type") === "application/json" && text !== "";
    const answer: unknown = isJson ? JSON.parse(text) : {};
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isObject(answer) ? answer : {},
    };
  }

  async session(headers: Readonly<Record<string, string>> = {}): Promise<string> {
    return String((await this.call("GetNewSession", {}, headers)).body.session_id);
  }

  async counters(session: string): Promise<string> {
    const { body } = await this.call("GetCurrentStatus", { session_id: session });
    return isObject(body.status) ? Object.values(body.status).join() : JSON.stringify(body);
  }

  allCounters(): string {
    return Object.values(this.simulator.counters).join();
  }

  begin(body: JsonObject): Promise<Running> {
    return this.start("GenerateText2Image", { images: 1, model: "tiny", steps: 4, ...body });
  }

  async start(route: string, body: JsonObject): Promise<Running> {
    const known = this.simulator.requests.length;
    const answer = this.call(route, body);
    while (this.simulator.requests.length === known) await nextTurn();
    await nextTurn();
    return { answer };
  }

  async settle<T>(promise: Promise<T>): Promise<T> {
    let isOpen = true;
    promise.finally(() => isOpen = false).catch(() => {});
    while (isOpen) {
      for (let turns = 0; turns < 5 && isOpen; turns++) await nextTurn();
      if (isOpen) await this.clock.advance(2_000);
    }
    return await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
  }
}

/** A WebSocket and the messages that arrived. */
export interface TestSocket {
  readonly socket: WebSocket;
  readonly frames: JsonObject[];
  readonly texts: string[];
  /** The close code; 0 if the connection broke. */
  readonly closed: Promise<number>;
}

/** Opens a WebSocket on a route and sends a first message. */
export function openSocket(url: string, message: JsonObject | string): TestSocket {
  const socket = new WebSocket(url.replace("http", "ws"), clientHere(url));
  const frames: JsonObject[] = [];
  const texts: string[] = [];
  socket.onopen = () => {
    socket.send(typeof message === "string" ? message : JSON.stringify(message));
  };
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  socket.onerror = () => {};
  socket.onmessage = ({ data }) => {
    texts.push(String(data));
    try {
      const frame: unknown = JSON.parse(String(data));
      if (isObject(frame)) frames.push(frame);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  };
  return { socket, frames, texts, closed };
}
