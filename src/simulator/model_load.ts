/** One model on its way into a backend, and the sessions that it counts for (`swarmui-protocol.md §5.1`). */
import type { Backend } from "./backend.ts";
import type { Waiter } from "./backend_pool.ts";
import type { Claim } from "./claim.ts";
import type { Session } from "./session.ts";

/**
 * A model load. It goes on when those who wait for it are interrupted; their counters forget it then.
 */
export class ModelLoad {
  readonly model: string;
  /** Whether the model was loaded; false if the ComfyUI died. */
  readonly done: Promise<boolean>;
  readonly waiters = new Set<Waiter>();
  readonly #backend: Backend;
  readonly #claims: Claim[] = [];
  readonly #sessions = new Set<Session>();
  #isUnderWay = true;

  /**
   * Starts it.
   *
   * @param options.loadMs How long it takes, in milliseconds.
   * @param options.freesItself Whether nobody calls `free()`. @default {false}
   */
  constructor(
    backend: Backend,
    options: {
      readonly model: string;
      readonly loadMs: number;
      readonly freesItself?: boolean;
    },
  ) {
    this.model = options.model;
    this.#backend = backend;
    backend.isLoadingModel = true;
    this.done = this.#run(options.loadMs, options.freesItself ?? false);
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

  /** Lets claims have the backend again. */
  free(): void {
    this.#backend.isLoadingModel = false;
  }

  async #run(loadMs: number, freesItself: boolean): Promise<boolean> {
    const comfy = this.#backend.comfy;
    const isThere = comfy.loadedModel === this.model;
    const workflow = {
      "15": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: this.model } },
    };
    const job = comfy.add(workflow, () => [{
      ms: isThere ? 0 : loadMs,
      onEnd: () => comfy.loadedModel = this.model,
    }]);
    const { kind } = await job.outcome;
    this.#isUnderWay = false;
    if (kind === "done") this.#backend.model = this.model;
    for (const claim of this.#claims) claim.complete("loads");
    if (freesItself) this.free();
    return kind === "done";
  }
}
