/**
 * Assigns backends to requests: SwarmUI's request loop (`swarmui-protocol.md §4.2, §5.1`).
 *
 * A request takes a free backend that has its model; otherwise the model with the longest wait is
 * loaded on a free backend. With several backends, a load is delayed for a moment, in case the
 * right one gets free.
 */
import type { Clock } from "../../generation/clock.ts";
import type { Settings } from "../options.ts";
import { firstAbort } from "../../generation/until_aborted.ts";
import type { Backend } from "./backend.ts";
import { ModelLoad } from "./model_load.ts";
import { type BackendWish, refusal, type Waiter } from "./wish.ts";

interface PendingWaiter extends Waiter {
  readonly answer: (found: Backend | string | null) => void;
}

type PoolTimes = Pick<Settings, "loadMs" | "assignmentGapMs" | "noBackendMs" | "handoverMs">;

/** The backends and the requests that wait for them. */
export class BackendPool {
  /** All backends that ever existed. */
  readonly all: readonly Backend[];
  readonly #clock: Clock;
  readonly #times: PoolTimes;
  readonly #signal: AbortSignal;
  readonly #failsLoad: () => boolean;
  readonly #waiters: PendingWaiter[] = [];
  readonly #loads = new Set<ModelLoad>();
  #wakesAtMs = Infinity;
  /** Since when no backend is ready or will be soon; monotonic milliseconds. */
  #emptySinceMs: number | null = null;

  /**
   * @param options.signal Ends all timers.
   * @param options.failsLoad Says for each model load whether it must fail.
   */
  constructor(
    all: readonly Backend[],
    options: {
      readonly clock: Clock;
      readonly times: PoolTimes;
      readonly signal: AbortSignal;
      readonly failsLoad: () => boolean;
    },
  ) {
    this.all = all;
    this.#failsLoad = options.failsLoad;
    this.#clock = options.clock;
    this.#times = options.times;
    this.#signal = options.signal;
  }

  /**
   * The backends that SwarmUI knows: without deleted ones, and without those of a deleted remote
   * server.
   */
  get backends(): readonly Backend[] {
    return this.all.filter(({ isDeleted, controller }) =>
      !isDeleted && controller?.isDeleted !== true
    );
  }

  /**
   * Waits for a backend; give it back with `release()`.
   *
   * @returns Why no backend can do it, in SwarmUI's words (§3.5); `null` if the wish's signal was
   *   aborted meanwhile, or the server stopped.
   */
  acquire(wish: BackendWish): Promise<Backend | string | null> {
    const { promise, resolve: answer } = Promise.withResolvers<Backend | string | null>();
    const stop = AbortSignal.any([wish.signal, this.#signal]);
    if (stop.aborted) return Promise.resolve(null);
    const sinceMs = this.#clock.monotonicMs();
    const waiter: PendingWaiter = { wish, sinceMs, failed: new Set(), answer };
    this.#waiters.push(waiter);
    stop.addEventListener("abort", () => this.#answer(waiter, null), { once: true });
    this.schedule();
    return promise;
  }

  /** Gives a backend back. */
  release(backend: Backend): void {
    backend.usages--;
    backend.touch();
    this.schedule();
  }

  /**
   * Loads a model on every running backend, as SelectModel does.
   *
   * @param backendId The only backend to use; `null`: all.
   * @returns Whether any backend loaded it.
   */
  async loadEverywhere(model: string, backendId: string | null): Promise<boolean> {
    const { loadMs } = this.#times;
    const ready = this.backends.filter(({ isReady, id }) =>
      isReady && (backendId === null || String(id) === backendId)
    );
    const loads = ready.map((backend) =>
      new ModelLoad(backend, { model, loadMs, fails: this.#failsLoad(), isSelected: true })
    );
    const isLoaded = await Promise.race([
      Promise.all(loads.map((load) => load.done)).then((results) => results.includes(true)),
      firstAbort([this.#signal]).then(() => false),
    ]);
    this.schedule();
    return isLoaded;
  }

  /** Checks all waiting requests again; call it whenever something about a backend has changed. */
  schedule(): void {
    const isHopeless = !this.backends.some(({ isReady, isController, status }) =>
      isReady || (!isController && (status === "loading" || status === "waiting"))
    );
    this.#emptySinceMs = isHopeless ? this.#emptySinceMs ?? this.#clock.monotonicMs() : null;
    for (const waiter of [...this.#waiters]) this.#serve(waiter);
    for (const model of new Set(this.#waiters.map((waiter) => waiter.wish.model))) {
      if (model !== null) this.#loadFor(model);
    }
  }

  #serve(waiter: PendingWaiter): void {
    const running = this.backends.filter(({ isReady }) => isReady);
    if (running.length === 0) return this.#serveWithoutBackends(waiter);
    const reasons = new Set<string>();
    const able = running.filter((backend) => {
      const reason = refusal(backend, waiter.wish);
      if (reason !== null) reasons.add(reason);
      return reason === null;
    });
    if (able.length === 0) {
      this.#answer(
        waiter,
        "No backends match the settings of the request given! Backends refused for the following " +
          `reason(s):\n${[...reasons].map((reason) => `- ${reason}`).join("\n")}`,
      );
    } else if (able.every((backend) => waiter.failed.has(backend))) {
      this.#answer(
        waiter,
        `All available backends failed to load the model '/models/${waiter.wish.model}'.\n\n` +
          "Possible reason: the backend does not answer.",
      );
    } else {
      const model = waiter.wish.model;
      const backend = leastUsed(
        able.filter((each) => each.isFree && (model === null || each.model === model)),
      );
      if (backend === undefined) return;
      backend.usages++;
      backend.touch();
      this.#answer(waiter, backend);
    }
  }

  #serveWithoutBackends(waiter: PendingWaiter): void {
    if (this.#emptySinceMs === null) return;
    const sinceMs = Math.max(waiter.sinceMs, this.#emptySinceMs);
    const leftMs = sinceMs + this.#times.noBackendMs - this.#clock.monotonicMs();
    if (leftMs > 0) return this.#wakeIn(leftMs);
    this.#answer(waiter, "No backends available!");
  }

  #loadFor(model: string): void {
    const waiters = this.#waiters.filter((waiter) => waiter.wish.model === model);
    const underWay = [...this.#loads].find((load) => load.model === model);
    if (underWay !== undefined) return underWay.join(waiters);
    for (const waiter of waiters) {
      const able = this.backends.filter((backend) =>
        backend.isReady && refusal(backend, waiter.wish) === null
      );
      const backend = leastUsed(
        able.filter((each) => each.isFree && each.model !== model && !waiter.failed.has(each)),
      );
      if (backend === undefined) continue;
      const leftMs = waiter.sinceMs + this.#times.assignmentGapMs - this.#clock.monotonicMs();
      if (able.length > 1 && leftMs > 0) this.#wakeIn(leftMs);
      else this.#load(backend, { model, waiters });
      return;
    }
  }

  async #load(
    backend: Backend,
    options: { readonly model: string; readonly waiters: readonly Waiter[] },
  ): Promise<void> {
    const load = new ModelLoad(backend, {
      model: options.model,
      loadMs: this.#times.loadMs,
      fails: this.#failsLoad(),
      isSelected: false,
    });
    this.#loads.add(load);
    load.join(options.waiters);
    const isLoaded = await load.done;
    if (isLoaded) await this.#clock.sleep(this.#times.handoverMs, this.#signal);
    else for (const waiter of load.waiters) waiter.failed.add(backend);
    this.#loads.delete(load);
    load.free();
    this.schedule();
  }

  #wakeIn(delayMs: number): void {
    const atMs = this.#clock.monotonicMs() + delayMs;
    if (atMs >= this.#wakesAtMs) return;
    this.#wakesAtMs = atMs;
    this.#clock.sleep(delayMs, this.#signal).then(() => {
      if (this.#wakesAtMs === atMs) this.#wakesAtMs = Infinity;
      if (!this.#signal.aborted) this.schedule();
    });
  }

  #answer(waiter: PendingWaiter, found: Backend | string | null): void {
    const at = this.#waiters.indexOf(waiter);
    if (at >= 0) this.#waiters.splice(at, 1);
    waiter.answer(found);
  }
}

function leastUsed(backends: readonly Backend[]): Backend | undefined {
  return backends.toSorted((one, other) => one.usages - other.usages)[0];
}
