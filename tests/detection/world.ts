/**
 * A model of the world in which everything is known: processes with records, one server with its
 * counters, one ComfyUI, and a clock that can jump. Its rules are those of SwarmUI, simplified as
 * far as every race still occurs: work disappears from the counters before it disappears from
 * ComfyUI, and a request waits before it reaches ComfyUI.
 */
import type { Answer } from "../../src/detection/answer.ts";
import type {
  Backend,
  ComfyQueue,
  ServerIdentity,
  SwarmServer,
} from "../../src/detection/swarm_server.ts";
import type { Clock } from "../../src/generation/clock.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import { LEASE_MS } from "../../src/generation/generation.ts";
import type { LockState, OwnerHold, OwnerLocks } from "../../src/generation/records/owner.ts";
import { ServerSession } from "../../src/generation/session.ts";
import type { GenerationStore, Publication } from "../../src/generation/records/store.ts";

const URL = "http://127.0.0.1:7801";
const HOST = "workstation";
const HEARTBEAT_MS = 5_000;

/** What this user may ask. */
export interface Rights {
  readonly global: boolean;
  readonly comfy: boolean;
}

interface Request {
  readonly session: string;
  /** Image runs that are not over. */
  waiting: number;
  phase: "accepted" | "loading" | "between" | "live";
  /** Its job in ComfyUI at the moment. */
  job: Job | null;
}

/** Something that ComfyUI works on. */
interface Job {
  readonly name: string;
}

interface Owner {
  readonly id: string;
  readonly session: ServerSession;
  state: "alive" | "stopped" | "killed" | "ended";
  record: GenerationRecord;
  /** Not sent yet, running on the server, or finished there. */
  work: "unsent" | "sent" | "over";
}

/** See the top of this file. */
export class World implements SwarmServer, OwnerLocks, GenerationStore, Clock {
  readonly url = URL;
  readonly scope = "user";
  readonly location = "the world";
  readonly host = HOST;
  readonly #rights: Rights;
  readonly #owners: Owner[] = [];
  readonly #jobs = new Set<Job>();
  readonly #lostSessions = new Set<string>();
  #requests: Request[] = [];
  #isUp = true;
  #boots = 0;
  #monotonicMs = 0;
  #wallMs = Date.UTC(2025, 9, 10);
  #names = 0;
  #ticks = 0;
  #causeMs = 0;
  /** Called before each question is answered, to let something happen in between. */
  meanwhile: () => void = () => {};

  constructor(rights: Rights) {
    this.#rights = rights;
  }

  // Things that happen.

  /** Time passes; owners that are alive renew their records and notice ends. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= HEARTBEAT_MS) {
      const stepMs = Math.min(left, HEARTBEAT_MS);
      this.#monotonicMs += stepMs;
      this.#wallMs += stepMs;
      for (const owner of this.#owners) if (owner.state === "alive") this.#beat(owner);
      this.#noteCause();
    }
  }

  /** The clock is set, which makes every heartbeat seem older or newer. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  begin(): void {
    const id = `gen-${this.#names++}`;
    const session = new ServerSession(`secret-${id}`, {
      serverUrl: URL,
      createdAt: this.#wallMs,
      serverId: `boot-${this.#boots}`,
    });
    const record: GenerationRecord = {
      id,
      status: "pending",
      progress: 0,
      startedAt: this.#wallMs,
      updatedAt: this.#wallMs,
      serverUrl: URL,
      serverId: session.serverId,
      host: HOST,
      pid: 1,
      imagesTotal: 2,
      imagesDone: 0,
      foreign: false,
    };
    this.#owners.push({ id, session, state: "alive", record, work: "unsent" });
    this.#noteCause();
  }

  /** A process publishes `starting`; at the next call it sends its request. */
  proceed(pick: number): void {
    const owner = this.#pick(pick, ({ state, work }) => state === "alive" && work === "unsent");
    if (owner === undefined) return;
    // There is a round trip between two publications.
    this.#wallMs++;
    if (owner.record.status === "pending") {
      owner.record = { ...owner.record, status: "starting", updatedAt: this.#wallMs };
    } else if (this.#isUp) {
      owner.work = "sent";
      this.#accept(owner.session.reveal());
    }
  }

  /** Another user's client asks for images. */
  request(): void {
    if (this.#isUp) this.#accept(`other-${this.#names++}`);
  }

  /** Somebody sends a job directly to ComfyUI. */
  direct(): void {
    if (this.#isUp) this.#addJob("direct");
    this.#noteCause();
  }

  /** The server advances one request. */
  work(pick: number): void {
    const request = this.#requests[pick % Math.max(1, this.#requests.length)];
    if (request === undefined || !this.#isUp) return;
    switch (request.phase) {
      case "accepted":
        request.phase = "loading";
        request.job = this.#addJob("load");
        break;
      case "loading":
        // The model load ends in ComfyUI before the first image begins there.
        this.#endJob(request);
        request.phase = "between";
        break;
      case "between":
        request.phase = "live";
        request.job = this.#addJob("run");
        break;
      case "live":
        // The run leaves the counters first; a later `comfy()` ends its job.
        request.job = null;
        request.waiting--;
        request.phase = "between";
        if (request.waiting === 0) this.#over(request);
        break;
      default:
        request.phase satisfies never;
    }
  }

  /** ComfyUI ends one job that belongs to no request any more. */
  comfy(pick: number): void {
    const held = new Set(this.#requests.map(({ job }) => job));
    const free = [...this.#jobs].filter((job) => !held.has(job));
    const job = free[pick % Math.max(1, free.length)];
    if (job !== undefined) this.#jobs.delete(job);
  }

  /** A request is interrupted: its counters fall at once, its job ends later. */
  interrupt(pick: number): void {
    const request = this.#requests[pick % Math.max(1, this.#requests.length)];
    if (request !== undefined) this.#over(request);
  }

  kill(pick: number): void {
    const owner = this.#pick(pick, ({ state }) => state === "alive" || state === "stopped");
    if (owner !== undefined) owner.state = "killed";
  }

  /** Ctrl-Z, or `fg`. */
  pause(pick: number): void {
    const owner = this.#pick(pick, ({ state }) => state === "alive" || state === "stopped");
    if (owner !== undefined) owner.state = owner.state === "alive" ? "stopped" : "alive";
  }

  /** The server is killed and restarted, together with its ComfyUI. */
  restart(losesSessions: boolean): void {
    for (const { session } of this.#requests) if (losesSessions) this.#lostSessions.add(session);
    for (const request of [...this.#requests]) this.#over(request);
    this.#jobs.clear();
    this.#boots++;
  }

  power(isUp: boolean): void {
    if (!isUp) this.restart(false);
    this.#isUp = isUp;
  }

  // The truth.

  /**
   * Everything that the server is working on and that this user could see, each as a separate
   * object.
   */
  visibleWork(): ReadonlySet<unknown> {
    return new Set<unknown>([...this.#requests, ...(this.#rights.comfy ? this.#jobs : [])]);
  }

  /**
   * How long there has been no reason to say busy, in milliseconds. Nobody can tell the heartbeat of
   * a stopped owner from a younger one after the clock was set back: until it is dated more than a
   * lease into the future, it is as young as it seems.
   */
  calmMs(): number {
    const seemingAges = this.#owners
      .filter(({ state }) => state === "stopped")
      .map(({ record }) => this.#wallMs - record.updatedAt)
      .filter((ageMs) => ageMs >= -LEASE_MS);
    return Math.min(this.#monotonicMs - this.#causeMs, ...seemingAges);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  // The interfaces that the code under test uses.

  now(): number {
    return this.#wallMs;
  }

  /**
   * Each reading is a little later than the previous one, so that events in between are in order.
   */
  monotonicMs(): number {
    this.#ticks++;
    return this.#monotonicMs + this.#ticks / 1_000_000;
  }

  sleep(_delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
  }

  list(): ReturnType<GenerationStore["list"]> {
    this.meanwhile();
    const publications = this.#owners
      .filter(({ state }) => state !== "ended")
      .map(({ record, session }): Publication => ({
        record,
        session: record.status === "pending" ? null : session,
      }));
    return Promise.resolve({ answered: true, publications, problems: [] });
  }

  prune(judged: readonly GenerationRecord[]): Promise<void> {
    for (const { id, updatedAt } of judged) {
      const owner = this.#owners.find((one) => one.id === id);
      if (owner?.record.updatedAt !== updatedAt) continue;
      if (owner.state !== "killed") {
        throw new Error(`the record of a living owner was pruned: ${id}`);
      }
      if (owner.work === "sent") throw new Error(`the record of running work was pruned: ${id}`);
      owner.state = "ended";
    }
    return Promise.resolve();
  }

  put(): Promise<void> {
    throw new Error("detection writes nothing");
  }

  remove(): Promise<void> {
    throw new Error("detection removes nothing");
  }

  async *watch(): AsyncGenerator<void> {}

  hold(): Promise<OwnerHold> {
    throw new Error("detection holds nothing");
  }

  probe(id: string): Promise<LockState> {
    const owner = this.#owners.find((one) => one.id === id);
    if (owner === undefined || owner.state === "ended") return Promise.resolve("absent");
    return Promise.resolve(owner.state === "killed" ? "free" : "held");
  }

  globalCounters(): Promise<Answer<Counters>> {
    return this.#answer(this.#rights.global, () => this.#sum(() => true));
  }

  backends(): Promise<Answer<readonly Backend[]>> {
    return this.#answer(this.#rights.comfy, () => [BACKEND]);
  }

  modelTotals(): Promise<Answer<{ readonly count: number; readonly loaded: number }>> {
    return this.#answer(true, () => ({ count: 0, loaded: 0 }));
  }

  resources(): ReturnType<SwarmServer["resources"]> {
    return this.#answer(true, () => ({ cpuUsage: null, ramUsedBytes: null, gpus: [] }));
  }

  comfyQueue(): Promise<Answer<ComfyQueue>> {
    return this.#answer(this.#rights.comfy, () => ({ kind: "jobs", remaining: this.#jobs.size }));
  }

  sessionCounters(session: ServerSession): Promise<Answer<Counters | "gone">> {
    const id = session.reveal();
    return this.#answer(
      true,
      () => this.#lostSessions.has(id) ? "gone" : this.#sum((one) => one.session === id),
    );
  }

  offSince(): ReadonlyMap<number, number> {
    return new Map();
  }

  keepOffSince(): Promise<boolean> {
    return Promise.resolve(true);
  }

  identity(): ServerIdentity {
    return { version: null, serverId: `boot-${this.#boots}`, asOf: this.#wallMs };
  }

  renewIdentity(): Promise<Answer<ServerIdentity>> {
    return this.#answer(true, () => this.identity());
  }

  #answer<T>(isAllowed: boolean, value: () => T): Promise<Answer<T>> {
    this.meanwhile();
    if (!this.#isUp) {
      return Promise.resolve({ answered: false, reason: "unreachable", elapsedMs: 0 });
    }
    return Promise.resolve(
      isAllowed
        ? { answered: true, value: value(), elapsedMs: 0 }
        : { answered: false, reason: "not_permitted", elapsedMs: 0 },
    );
  }

  #accept(session: string): void {
    this.#requests.push({ session, waiting: 2, phase: "accepted", job: null });
    this.#noteCause();
  }

  #over(request: Request): void {
    this.#noteCause();
    this.#requests = this.#requests.filter((one) => one !== request);
    for (const owner of this.#owners) {
      if (owner.session.reveal() === request.session) owner.work = "over";
    }
  }

  #addJob(name: string): Job {
    const job = { name };
    this.#jobs.add(job);
    return job;
  }

  #endJob(request: Request): void {
    if (request.job !== null) this.#jobs.delete(request.job);
    request.job = null;
  }

  /**
   * An owner that is alive removes its record when it learns of the end; until then it renews it.
   */
  #beat(owner: Owner): void {
    if (owner.work === "over") owner.state = "ended";
    else owner.record = { ...owner.record, updatedAt: this.#wallMs };
  }

  #noteCause(): void {
    const ownWork = this.#owners.some(({ state, work }) =>
      (state === "alive" && work !== "over") || (state === "stopped" && work === "unsent")
    );
    if (ownWork || this.#requests.length > 0 || this.#jobs.size > 0) {
      this.#causeMs = this.#monotonicMs;
    }
  }

  #pick(pick: number, isMeant: (owner: Owner) => boolean): Owner | undefined {
    const meant = this.#owners.filter(isMeant);
    return meant[pick % Math.max(1, meant.length)];
  }

  #sum(isMeant: (request: Request) => boolean): Counters {
    const meant = this.#requests.filter(isMeant);
    return {
      waitingGens: meant.reduce((sum, { waiting }) => sum + waiting, 0),
      loadingModels: meant.filter(({ phase }) => phase === "loading").length,
      waitingBackends: meant.filter(({ phase }) => phase === "accepted").length,
      liveGens: meant.filter(({ phase }) => phase === "live").length,
    };
  }
}

const BACKEND: Backend = {
  id: 0,
  type: "comfyui_selfstart",
  title: "",
  status: "running",
  enabled: true,
  modelLoaded: null,
  gpu: null,
  secondsSinceUsed: null,
};
