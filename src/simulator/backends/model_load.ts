/**
 * A model that is being loaded into a backend, and the sessions whose counters show it
 * (`swarmui-protocol.md §5.1`).
 */
import type { Session } from "../users/user_session.ts";
import { firstAbort } from "../../generation/until_aborted.ts";
import type { Backend } from "./backend.ts";
import type { Waiter } from "./wish.ts";

/** What to load, and how it goes. */
export interface LoadOptions {
  readonly model: string;
  /** How long it takes, in milliseconds. */
  readonly loadMs: number;
  /** Whether it ends at once with an error. */
  readonly fails: boolean;
  /** Whether somebody chose it by hand: then nobody calls `join()` or `free()`. */
  readonly isSelected: boolean;
}

/**
 * A model load. It goes on when those who wait for it are interrupted, but their counters no longer
 * show it.
 */
export class ModelLoad {
  readonly model: string;
  /** Whether the model was loaded; false if the ComfyUI died, or it was to fail. */
  readonly done: Promise<boolean>;
  readonly waiters = new Set<Waiter>();
  readonly #backend: Backend;
  readonly #options: LoadOptions;
  /** The sessions whose counters show it, each once. */
  readonly #counted = new Map<Session, Waiter>();
  #isUnderWay = true;

  /** Starts it. */
  constructor(backend: Backend, options: LoadOptions) {
    this.model = options.model;
    this.#backend = backend;
    this.#options = options;
    backend.load = this;
    this.done = this.#run();
  }

  /** Adds others who wait for it, and notifies them. */
  join(waiters: readonly Waiter[]): void {
    if (!this.#isUnderWay) return;
    for (const waiter of waiters) {
      if (this.waiters.has(waiter)) continue;
      const { wish } = waiter;
      this.waiters.add(waiter);
      if (!this.#counted.has(wish.session)) {
        this.#counted.set(wish.session, waiter);
        wish.claim.extend("loading_models");
      }
      wish.onLoad();
    }
  }

  /** Whether anybody still waits for it. */
  get isWanted(): boolean {
    return this.#options.isSelected ||
      [...this.waiters].some(({ wish }) => !wish.signal.aborted);
  }

  /** Lets claims have the backend again, if it was not restarted meanwhile. */
  free(): void {
    if (this.#backend.load === this) this.#backend.load = null;
  }

  async #run(): Promise<boolean> {
    const isLoaded = await this.#load();
    this.#isUnderWay = false;
    const isStillWanted = this.#backend.load === this;
    if (isLoaded && isStillWanted) this.#backend.model = this.model;
    if (!isLoaded && isStillWanted) this.#backend.flip();
    for (const { wish } of this.#counted.values()) wish.claim.complete("loading_models");
    if (this.#options.isSelected) this.free();
    return isLoaded;
  }

  async #load(): Promise<boolean> {
    const { comfy, remote } = this.#backend;
    if (this.#options.fails || remote?.isUp === false) return false;
    const isThere = comfy.loadedModel === this.model;
    const workflow = {
      "15": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: this.model } },
    };
    const job = comfy.add(workflow, () => [{
      ms: isThere ? 0 : this.#options.loadMs,
      onEnd: () => comfy.loadedModel = this.model,
    }]);
    const away = remote === null ? [] : [firstAbort([remote.signal]).then(() => false)];
    return await Promise.race([job.outcome.then(({ kind }) => kind === "done"), ...away]);
  }
}
