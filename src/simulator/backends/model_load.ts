/** One model on its way into a backend, and the sessions that it counts for (`swarmui-protocol.md §5.1`). */
import type { Backend } from "./backend.ts";
import type { Waiter } from "./backend_pool.ts";
import { whenAborted } from "../bell.ts";
import type { Claim } from "../users/claim.ts";
import type { Session } from "../users/session.ts";

/**
 * A model load. It goes on when those who wait for it are interrupted; their counters forget it then.
 */
export class ModelLoad {
  readonly model: string;
  /** Whether the model was loaded; false if the ComfyUI died, or it was to fail. */
  readonly done: Promise<boolean>;
  readonly waiters = new Set<Waiter>();
  readonly #backend: Backend;
  readonly #claims: Claim[] = [];
  readonly #sessions = new Set<Session>();
  readonly #isSelected: boolean;
  #isUnderWay = true;

  /**
   * Starts it.
   *
   * @param options.loadMs How long it takes, in milliseconds.
   * @param options.fails Whether it ends at once with an error. @default {false}
   * @param options.freesItself Whether nobody calls `free()`. @default {false}
   */
  constructor(
    backend: Backend,
    options: {
      readonly model: string;
      readonly loadMs: number;
      readonly fails?: boolean;
      readonly freesItself?: boolean;
    },
  ) {
    this.model = options.model;
    this.#backend = backend;
    this.#isSelected = options.freesItself ?? false;
    backend.load = this;
    this.done = this.#run(options);
  }

  /** Counts those who wait for it too, each session once, and tells them. */
  join(waiters: readonly Waiter[]): void {
    if (!this.#isUnderWay) return;
    for (const waiter of waiters) {
      if (this.waiters.has(waiter)) continue;
      this.waiters.add(waiter);
      if (!this.#sessions.has(waiter.wish.session)) {
        this.#sessions.add(waiter.wish.session);
        waiter.wish.claim.extend("loads");
        this.#claims.push(waiter.wish.claim);
      }
      waiter.wish.onLoad();
    }
  }

  /** Whether anybody still waits for it. */
  get isWanted(): boolean {
    return this.#isSelected || [...this.waiters].some(({ wish }) => !wish.signal.aborted);
  }

  /** Lets claims have the backend again, if it was not restarted meanwhile. */
  free(): void {
    if (this.#backend.load === this) this.#backend.load = null;
  }

  async #run(
    options: {
      readonly loadMs: number;
      readonly fails?: boolean;
      readonly freesItself?: boolean;
    },
  ): Promise<boolean> {
    const isLoaded = options.fails === true ? await false : await this.#load(options.loadMs);
    this.#isUnderWay = false;
    const isStillWanted = this.#backend.load === this;
    if (isLoaded && isStillWanted) this.#backend.model = this.model;
    if (!isLoaded && isStillWanted) this.#backend.flip();
    for (const claim of this.#claims) claim.complete("loads");
    if (options.freesItself === true) this.free();
    return isLoaded;
  }

  async #load(loadMs: number): Promise<boolean> {
    const { comfy, remote } = this.#backend;
    if (remote?.isUp === false) return await false;
    const isThere = comfy.loadedModel === this.model;
    const workflow = {
      "15": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: this.model } },
    };
    const job = comfy.add(workflow, () => [{
      ms: isThere ? 0 : loadMs,
      onEnd: () => comfy.loadedModel = this.model,
    }]);
    const away = remote === null ? [] : [whenAborted(remote.signal).then(() => false)];
    return await Promise.race([job.outcome.then(({ kind }) => kind === "done"), ...away]);
  }
}
