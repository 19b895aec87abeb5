/** A SwarmUI for tests of detection: scripted answers, and a log of the questions. */
import type { Answer } from "../../src/detection/answer.ts";
import type {
  Backend,
  ComfyQueue,
  ModelTotals,
  ServerIdentity,
  ServerResources,
  SwarmServer,
} from "../../src/detection/swarm_server.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import type { ServerSession } from "../../src/generation/session.ts";
import { answered, comfyBackend, queueOf, QUIET, unanswered } from "./sample_answers.ts";
import { NOW_MS, SERVER_URL } from "./sample_records.ts";

/** The answers to repeated questions: one after another, then the last one again and again. */
type Script<T> = readonly Answer<T>[];

/** The answers; without any, a quiet server with one ComfyUI backend. */
export interface FakeServerScript {
  readonly url?: string;
  readonly global?: Script<Counters>;
  readonly backends?: Script<readonly Backend[]>;
  readonly models?: Script<ModelTotals>;
  readonly resources?: Script<ServerResources>;
  /** By backend id; `first` is asked if the backends are not known. Default: empty queues. */
  readonly queues?: Readonly<Record<string, Script<ComfyQueue>>>;
  /** By the name given to `sampleSession()`. Default: nothing to do. */
  readonly sessions?: Readonly<Record<string, Script<Counters | "gone">>>;
  readonly identity?: ServerIdentity | null;
  /** The times of switched-off backends that earlier looks kept; `null`: nothing can be kept. */
  readonly offSince?: ReadonlyMap<number, number> | null;
  readonly renewed?: Answer<ServerIdentity>;
}

/** The version and `server_id` of the fake. */
export const IDENTITY: ServerIdentity = {
  version: "0.9.8.2",
  serverId: "server-1",
  asOf: NOW_MS - 3_600_000,
};

/** See the top of this file. Questions are named `global`, `queue 0`, `session NAME` and so on. */
export class FakeSwarmServer implements SwarmServer {
  readonly url: string;
  /** `ask QUESTION` and `done QUESTION`, in the order in which they happened. */
  readonly log: string[] = [];
  readonly #script: FakeServerScript;
  readonly #held = new Map<string, PromiseWithResolvers<void>>();
  readonly #asked = new Map<string, number>();
  #identity: ServerIdentity | null;
  #offSince: ReadonlyMap<number, number>;
  #underWay = 0;
  /** Most questions that were under way at the same time. */
  mostUnderWay = 0;
  /** Called when a question is sent; for tests that then move a clock or other work. */
  onAsk: (question: string) => void = () => {};

  constructor(script: FakeServerScript = {}) {
    this.url = script.url ?? SERVER_URL;
    this.#script = script;
    this.#offSince = script.offSince ?? new Map();
    this.#identity = script.identity === undefined ? IDENTITY : script.identity;
  }

  /** Keeps a question open from now on; the returned function lets it be answered. */
  hold(question: string): () => void {
    const gate = Promise.withResolvers<void>();
    this.#held.set(question, gate);
    return () => {
      this.#held.delete(question);
      gate.resolve();
    };
  }

  /** How often a question was asked. */
  count(question: string): number {
    return this.#asked.get(question) ?? 0;
  }

  globalCounters(): Promise<Answer<Counters>> {
    return this.#answer("global", this.#script.global ?? [answered(QUIET)]);
  }

  backends(): Promise<Answer<readonly Backend[]>> {
    return this.#answer("backends", this.#script.backends ?? [answered([comfyBackend()])]);
  }

  modelTotals(): Promise<Answer<ModelTotals>> {
    return this.#answer("models", this.#script.models ?? [answered({ count: 12, loaded: 1 })]);
  }

  resources(): Promise<Answer<ServerResources>> {
    const quiet = answered({ cpuUsage: 0.03, ramUsedBytes: 20_100_000_000, gpus: [] });
    return this.#answer("resources", this.#script.resources ?? [quiet]);
  }

  comfyQueue(backendId: number | null): Promise<Answer<ComfyQueue>> {
    const name = backendId === null ? "first" : String(backendId);
    return this.#answer(`queue ${name}`, this.#script.queues?.[name] ?? [answered(queueOf(0))]);
  }

  sessionCounters(session: ServerSession): Promise<Answer<Counters | "gone">> {
    const name = session.reveal().replace("secret-", "");
    return this.#answer(`session ${name}`, this.#script.sessions?.[name] ?? [answered(QUIET)]);
  }

  offSince(): ReadonlyMap<number, number> {
    return this.#offSince;
  }

  keepOffSince(offSince: ReadonlyMap<number, number>): Promise<boolean> {
    if (this.#script.offSince !== null) this.#offSince = offSince;
    return Promise.resolve(this.#script.offSince !== null);
  }

  identity(): ServerIdentity | null {
    return this.#identity;
  }

  async renewIdentity(): Promise<Answer<ServerIdentity>> {
    const answer = await this.#answer("renew", [this.#script.renewed ?? unanswered("timeout")]);
    if (answer.answered) this.#identity = answer.value;
    return answer;
  }

  async #answer<T>(question: string, script: Script<T>): Promise<Answer<T>> {
    const turn = this.count(question);
    this.#asked.set(question, turn + 1);
    this.log.push(`ask ${question}`);
    this.onAsk(question);
    this.#underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay);
    // A server's answer is never there at once.
    await (this.#held.get(question)?.promise ?? Promise.resolve());
    this.#underWay--;
    this.log.push(`done ${question}`);
    const answer = script[Math.min(turn, script.length - 1)];
    if (answer === undefined) throw new Error(`Cannot answer "${question}": its script is empty`);
    return answer;
  }
}
