/** The ComfyUI of one backend: a queue of jobs, of which one at a time is worked on. */
import type { Clock } from "../generation/clock.ts";
import { type Bell, whenAborted } from "./bell.ts";
import type { JsonObject } from "./json.ts";

/** A piece of a job that cannot be interrupted: a step, a node, a model load. */
export interface Stage {
  /** How long it takes, in milliseconds; `Infinity` hangs until the job is interrupted. */
  readonly ms: number;
  /** Called when the piece begins. */
  readonly onStart?: () => void;
  /** Called when the piece is done. */
  readonly onEnd?: () => void;
  /** The node fails at its end, with this message. */
  readonly failure?: string;
}

/** How a job ended. `lost`: ComfyUI died. */
export type JobOutcome =
  | { readonly kind: "done" | "interrupted" | "lost" }
  | { readonly kind: "failed"; readonly message: string };

/** A job in the queue. */
export interface Job {
  readonly id: string;
  readonly number: number;
  readonly workflow: JsonObject;
  readonly outcome: Promise<JobOutcome>;
  /** Takes it out of the queue; if it is being worked on, it ends with its present piece. */
  interrupt(): void;
}

interface QueuedJob extends Job {
  readonly stages: () => readonly Stage[];
  readonly interrupted: AbortController;
  readonly end: (outcome: JobOutcome) => void;
}

/** A simulated ComfyUI. */
export class ComfyProcess {
  /** The model in its memory; SwarmUI only knows what it had loaded last. */
  loadedModel: string | null;
  readonly #clock: Clock;
  readonly #changed: Bell;
  readonly #queue: QueuedJob[] = [];
  #death = new AbortController();
  #nextNumber = 0;
  #isWorking = false;

  /** @param changed Rung when the queue changes. */
  constructor(clock: Clock, options: { readonly changed: Bell; readonly model: string | null }) {
    this.#clock = clock;
    this.#changed = options.changed;
    this.loadedModel = options.model;
  }

  /** False after `kill()`. */
  get isAlive(): boolean {
    return !this.#death.signal.aborted;
  }

  /** All that is running or waiting, in order; the first is being worked on. */
  get jobs(): readonly Job[] {
    return this.#queue;
  }

  /**
   * Takes a job into the queue. A dead ComfyUI loses it at once.
   *
   * @param workflow What `/queue` shows of it.
   * @param stages Its pieces; asked for when it begins.
   */
  add(workflow: JsonObject, stages: () => readonly Stage[]): Job {
    const { promise, resolve } = Promise.withResolvers<JobOutcome>();
    const interrupted = new AbortController();
    const job: QueuedJob = {
      id: crypto.randomUUID(),
      number: this.#nextNumber++,
      workflow,
      stages,
      interrupted,
      outcome: promise,
      end: resolve,
      interrupt: () => {
        interrupted.abort();
        if (this.#queue.indexOf(job) > 0) this.#finish(job, { kind: "interrupted" });
      },
    };
    if (!this.isAlive) {
      resolve({ kind: "lost" });
      return job;
    }
    this.#queue.push(job);
    this.#changed.ring();
    if (!this.#isWorking) this.#work();
    return job;
  }

  /** Dies: all jobs are lost, and so is what was in memory. */
  kill(): void {
    this.#death.abort();
    this.loadedModel = null;
    for (const job of [...this.#queue]) this.#finish(job, { kind: "lost" });
  }

  /** Starts again, empty. */
  revive(): void {
    if (!this.isAlive) this.#death = new AbortController();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    const death = this.#death.signal;
    for (let job = this.#queue[0]; job !== undefined; job = this.#queue[0]) {
      const outcome = await this.#workOn(job, death);
      if (death.aborted) break;
      this.#finish(job, outcome);
    }
    this.#isWorking = false;
    if (this.#queue.length > 0) this.#work();
  }

  async #workOn(job: QueuedJob, death: AbortSignal): Promise<JobOutcome> {
    for (const stage of job.stages()) {
      if (job.interrupted.signal.aborted) return { kind: "interrupted" };
      stage.onStart?.();
      if (stage.ms === Infinity) {
        await whenAborted(AbortSignal.any([death, job.interrupted.signal]));
      } else if (stage.ms > 0) await this.#clock.sleep(stage.ms, death);
      if (death.aborted) return { kind: "lost" };
      stage.onEnd?.();
      if (stage.failure !== undefined) return { kind: "failed", message: stage.failure };
    }
    return { kind: job.interrupted.signal.aborted ? "interrupted" : "done" };
  }

  #finish(job: QueuedJob, outcome: JobOutcome): void {
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    job.end(outcome);
    this.#changed.ring();
  }
}
