/**
 * A model of the backends in which everything is known: what each ComfyUI is working on, whatever
 * SwarmUI says. Its rules are those of SwarmUI (`swarmui-protocol.md §20.1–20.4`): wrong states
 * after failures, reserves, backends that are switched off, deleted or other servers. It contains
 * no records.
 */
import type { Answer } from "../../src/detection/answer.ts";
import type { Backend, ComfyQueue, SwarmServer } from "../../src/detection/swarm_server.ts";
import type { Clock } from "../../src/generation/clock.ts";
import type { Counters } from "../../src/generation/server/counters.ts";

/** SwarmUI asks AllowIdle backends whether they answer, and looks at full ones. */
const CHECK_MS = 5_000;
const FULL_LOOK_MS = 500;
const MAX_USAGES = 2;

/** What an administrator does to a backend; `break`: its next start fails for good. */
export type Change = "restart" | "switch_off" | "switch_on" | "delete" | "break";

/** One ComfyUI; jobs are told apart by object identity. */
interface Comfy {
  readonly jobs: Set<object>;
  isAlive: boolean;
  /** When it last got a run, or a run was taken back; `null`: never. */
  usedAtMs: number | null;
}

/** A backend of the server and the ComfyUIs behind it. */
export interface WorldBackend {
  readonly id: number;
  readonly isRemote: boolean;
  readonly allowsIdle: boolean;
  readonly comfys: readonly Comfy[];
  status: "running" | "idle" | "disabled" | "errored";
  reserved: Change | null;
  isDeleted: boolean;
  /** When SwarmUI last found it alive after it had called it idle. */
  foundAliveAtMs: number;
  /** When a failure last made SwarmUI call it idle. */
  flippedAtMs: number;
}

interface Run {
  readonly backend: WorldBackend | null;
  readonly comfy: Comfy | null;
  readonly job: object | null;
  readonly phase: "waiting" | "loading" | "live";
}

/** See the top of this file. */
export class BackendsWorld implements SwarmServer, Clock {
  readonly url = "http://127.0.0.1:7801";
  readonly backendsOf: readonly WorldBackend[];
  /** Whether this user may ask ComfyUI's queues. */
  readonly mayAskComfy: boolean;
  #runs: Run[] = [];
  #monotonicMs = 0;
  #ticks = 0;
  #offSince: ReadonlyMap<number, number> = new Map();
  readonly #toldIdleMs = new Map<WorldBackend, number>();
  readonly #toldJobs = new Map<WorldBackend, ReadonlySet<object>>();
  /** Called before each question is answered, to let something happen in between. */
  meanwhile: () => void = () => {};

  constructor(about: { readonly mayAskComfy: boolean; readonly hasRemotes: boolean }) {
    this.mayAskComfy = about.mayAskComfy;
    const kinds = [[false, true, 1], [false, false, 1], [true, false, 2], [
      true,
      false,
      1,
    ]] as const;
    this.backendsOf = kinds.slice(0, about.hasRemotes ? 4 : 2).map((
      [isRemote, allowsIdle, comfys],
      id,
    ) => ({
      id,
      isRemote,
      allowsIdle,
      comfys: Array.from({ length: comfys }, () => ({
        jobs: new Set<object>(),
        isAlive: true,
        usedAtMs: null,
      })),
      status: "running",
      reserved: null,
      isDeleted: false,
      foundAliveAtMs: -Infinity,
      flippedAtMs: -Infinity,
    }));
  }

  // Things that happen.

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= FULL_LOOK_MS) {
      this.#monotonicMs += Math.min(left, FULL_LOOK_MS);
      for (const backend of this.backendsOf) {
        if (backend.reserved !== null && this.#usages(backend) < MAX_USAGES) {
          this.#apply(backend, backend.reserved);
        }
        if (!backend.allowsIdle || this.#monotonicMs % CHECK_MS !== 0) continue;
        if (backend.status === "running" || backend.status === "idle") {
          const isAlive = backend.comfys[0]?.isAlive ?? false;
          if (isAlive && backend.status === "idle") backend.foundAliveAtMs = this.#monotonicMs;
          backend.status = isAlive ? "running" : "idle";
        }
      }
    }
  }

  request(): void {
    this.#runs.push({ backend: null, comfy: null, job: null, phase: "waiting" });
  }

  /** A run advances: it asks for a backend, has a model loaded there, computes, ends. */
  work(pick: number): void {
    const run = this.#runs[pick % Math.max(1, this.#runs.length)];
    if (run === undefined) return;
    if (run.phase === "live") return this.#end(run, { releases: true, endsJob: true });
    if (run.phase === "loading" && run.comfy !== null) {
      run.comfy.jobs.delete(run.job ?? {});
      return this.#replace(run, this.#give(run.backend, run.comfy));
    }
    const [backend] = this.backendsOf.filter((one) => this.#isFree(one));
    const comfy = backend?.comfys[pick % backend.comfys.length];
    if (backend === undefined || comfy === undefined) return;
    if (pick % 2 === 0) return this.#replace(run, this.#give(backend, comfy));
    const job = {};
    comfy.jobs.add(job);
    this.#replace(run, { backend, comfy, job, phase: "loading" });
  }

  /** A run or a model load fails: SwarmUI calls an AllowIdle backend idle at once. */
  fail(pick: number): void {
    const run = this.#runs[pick % Math.max(1, this.#runs.length)];
    if (run?.backend === undefined || run.backend === null) return;
    this.#end(run, { releases: run.phase === "live", endsJob: true });
    this.#flip(run.backend);
  }

  /** A run is interrupted: its ComfyUI finishes what it is doing, which no counter shows. */
  interrupt(pick: number): void {
    const run = this.#runs[pick % Math.max(1, this.#runs.length)];
    if (run !== undefined) this.#end(run, { releases: run.phase === "live", endsJob: false });
  }

  /** Somebody gives a ComfyUI a job, but not through this server. */
  direct(pick: number): void {
    const comfy = this.#comfy(pick);
    if (comfy?.isAlive) comfy.jobs.add({});
  }

  /** A ComfyUI ends a job that belongs to no run. */
  comfyEnds(pick: number): void {
    const comfy = this.#comfy(pick);
    const held = new Set(this.#runs.map(({ job }) => job));
    for (const job of comfy?.jobs ?? []) if (!held.has(job)) return void comfy?.jobs.delete(job);
  }

  /** A ComfyUI dies together with its runs, or comes back. */
  die(pick: number): void {
    const comfy = this.#comfy(pick);
    if (comfy === undefined) return;
    comfy.isAlive = !comfy.isAlive;
    for (const run of this.#runs.filter((one) => one.comfy === comfy)) {
      this.#end(run, { releases: run.phase === "live", endsJob: true });
      if (run.backend !== null) this.#flip(run.backend);
    }
    comfy.jobs.clear();
  }

  change(pick: number, how: Change): void {
    const backend = this.backendsOf[pick % this.backendsOf.length];
    if (backend === undefined || backend.isDeleted || backend.isRemote) return;
    if (how === "switch_on") {
      if (backend.status !== "idle") backend.status = "running";
    } else if (backend.status === "running" && this.#usages(backend) >= MAX_USAGES) {
      backend.reserved = how;
      backend.isDeleted = how === "delete";
    } else this.#apply(backend, how);
  }

  /** Everything that runs ends, and no ComfyUI has any work left. */
  finishAll(): void {
    for (const run of [...this.#runs]) this.#end(run, { releases: true, endsJob: true });
    for (const { comfys } of this.backendsOf) for (const { jobs } of comfys) jobs.clear();
  }

  // The truth.

  /** Counted work, and jobs by the backend whose ComfyUI has them. */
  truth(): ReadonlyMap<object, WorldBackend | null> {
    const all = new Map<object, WorldBackend | null>();
    for (const run of this.#runs) all.set(run.job ?? run, null);
    for (const backend of this.backendsOf) {
      for (const { jobs } of backend.comfys) for (const job of jobs) all.set(job, backend);
    }
    return all;
  }

  /** Milliseconds since a backend was used; `Infinity`: never. */
  idleMs({ comfys }: WorldBackend): number {
    return Math.min(
      ...comfys.map(({ usedAtMs }) => usedAtMs === null ? Infinity : this.#monotonicMs - usedAtMs),
    );
  }

  // What a look was told; the truth may have changed since.

  /** A look begins that has not been told anything yet. */
  startLook(): void {
    this.#toldIdleMs.clear();
    this.#toldJobs.clear();
  }

  /** Like `idleMs()`, at the moment when the list of backends was last answered in this look. */
  toldIdleMs(backend: WorldBackend): number {
    return this.#toldIdleMs.get(backend) ?? this.idleMs(backend);
  }

  /**
   * Says whether a job was in a ComfyUI's queue when this look was last told the queue's length.
   */
  wasTold(backend: WorldBackend, job: object): boolean {
    return this.#toldJobs.get(backend)?.has(job) ?? false;
  }

  // The interfaces that the code under test uses.

  now(): number {
    return Date.UTC(2025, 9, 10) + this.#monotonicMs;
  }

  monotonicMs(): number {
    this.#ticks++;
    return this.#monotonicMs + this.#ticks / 1_000_000;
  }

  sleep(_delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
  }

  globalCounters(): Promise<Answer<Counters>> {
    return this.#answer(() => ({
      waitingGens: this.#runs.length,
      loadingModels: this.#count("loading"),
      waitingBackends: this.#count("waiting"),
      liveGens: this.#count("live"),
    }));
  }

  backends(): Promise<Answer<readonly Backend[]>> {
    return this.#answer(() => {
      let childId = 0;
      for (const one of this.backendsOf) this.#toldIdleMs.set(one, this.idleMs(one));
      return this.backendsOf.filter(({ isDeleted }) => !isDeleted).flatMap((backend) => {
        const listed = this.#listed(backend, backend.id);
        if (!backend.isRemote) return [listed];
        const title = `[Remote from ${backend.id}: remote] gpu`;
        return [
          { ...listed, secondsSinceUsed: null },
          ...backend.comfys.map((comfy) => ({
            ...listed,
            id: --childId,
            title,
            secondsSinceUsed: this.#age(comfy),
          })),
        ];
      });
    });
  }

  comfyQueue(backendId: number | null): Promise<Answer<ComfyQueue>> {
    return this.#answer((): ComfyQueue => {
      const backend = this.#owner(backendId ?? 0);
      const isAsked = backend?.status === "running" && backend.reserved === null &&
        !backend.isDeleted;
      if (backend === undefined || !isAsked) return { kind: "withheld" };
      const comfy = backend.comfys.find(({ isAlive }) => isAlive);
      this.#toldJobs.set(backend, new Set(comfy?.jobs));
      return comfy === undefined ? { kind: "dead" } : { kind: "jobs", remaining: comfy.jobs.size };
    }, this.mayAskComfy);
  }

  modelTotals(): ReturnType<SwarmServer["modelTotals"]> {
    return this.#answer(() => ({ count: 0, loaded: 0 }));
  }

  resources(): ReturnType<SwarmServer["resources"]> {
    return this.#answer(() => ({ cpuUsage: null, ramUsedBytes: null, gpus: [] }));
  }

  sessionCounters(): Promise<never> {
    throw new Error("there are no records to ask for");
  }

  offSince(): ReadonlyMap<number, number> {
    return this.#offSince;
  }

  keepOffSince(offSince: ReadonlyMap<number, number>): Promise<boolean> {
    this.#offSince = offSince;
    return Promise.resolve(true);
  }

  identity(): null {
    return null;
  }

  renewIdentity(): Promise<never> {
    throw new Error("there is no other server");
  }

  #answer<T>(value: () => T, isAllowed = true): Promise<Answer<T>> {
    this.meanwhile();
    return Promise.resolve(
      isAllowed
        ? { answered: true, value: value(), elapsedMs: 0 }
        : { answered: false, reason: "not_permitted", elapsedMs: 0 },
    );
  }

  #listed(backend: WorldBackend, id: number): Backend {
    return {
      id,
      type: backend.isRemote ? "swarmswarmbackend" : "comfyui_api",
      title: "",
      status: backend.status,
      enabled: backend.status !== "disabled",
      modelLoaded: null,
      gpu: null,
      secondsSinceUsed: backend.comfys[0] === undefined ? null : this.#age(backend.comfys[0]),
    };
  }

  #age({ usedAtMs }: Comfy): number | null {
    return usedAtMs === null ? null : Math.floor((this.#monotonicMs - usedAtMs) / 1000);
  }

  /** The backend that an id belongs to; children are numbered across all remote servers. */
  #owner(id: number): WorldBackend | undefined {
    if (id >= 0) return this.backendsOf[id];
    const children = this.backendsOf.filter(({ isDeleted, isRemote }) => isRemote && !isDeleted)
      .flatMap((backend) => backend.comfys.map(() => backend));
    return children[-1 - id];
  }

  #comfy(pick: number): Comfy | undefined {
    const all = this.backendsOf.flatMap(({ comfys }) => comfys);
    return all[pick % all.length];
  }

  #flip(backend: WorldBackend): void {
    if (!backend.allowsIdle || backend.status !== "running") return;
    backend.status = "idle";
    backend.flippedAtMs = this.#monotonicMs;
  }

  #count(phase: Run["phase"]): number {
    return this.#runs.filter((run) => run.phase === phase).length;
  }

  #usages(backend: WorldBackend): number {
    return this.#runs.filter((run) => run.backend === backend && run.phase === "live").length;
  }

  #isFree(backend: WorldBackend): boolean {
    return backend.status === "running" && backend.reserved === null && !backend.isDeleted &&
      backend.comfys.every(({ isAlive }) => isAlive) && this.#usages(backend) < MAX_USAGES;
  }

  #give(backend: WorldBackend | null, comfy: Comfy): Run {
    const job = {};
    comfy.jobs.add(job);
    comfy.usedAtMs = this.#monotonicMs;
    return { backend, comfy, job, phase: "live" };
  }

  #replace(run: Run, next: Run): void {
    this.#runs = this.#runs.map((one) => one === run ? next : one);
  }

  #end(run: Run, how: { readonly releases: boolean; readonly endsJob: boolean }): void {
    this.#runs = this.#runs.filter((one) => one !== run);
    if (how.releases && run.comfy !== null) run.comfy.usedAtMs = this.#monotonicMs;
    if (how.endsJob && run.job !== null) run.comfy?.jobs.delete(run.job);
  }

  /** Makes the change; its ComfyUI continues with its work. */
  #apply(backend: WorldBackend, how: Change): void {
    backend.reserved = null;
    if (how === "delete") backend.isDeleted = true;
    else if (how === "switch_off") backend.status = "disabled";
    else if (how === "break") backend.status = "errored";
    else if (backend.status !== "idle") backend.status = "running";
  }
}
