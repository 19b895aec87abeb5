/** The ComfyUI of one backend: a queue of jobs, one of which is being worked on. */
import type { Clock } from "../../generation/clock.ts";
import type { JsonObject } from "../../json_object.ts";
import { firstAbort } from "../../generation/until_aborted.ts";
import { Bell } from "../waiting.ts";

/** A part of a job that cannot be interrupted: a step, a node, a model load. */
export interface Stage {
  /** How long it takes, in milliseconds; `Infinity` hangs until the job is interrupted. */
  readonly ms: number;
  /** Called when the part begins. */
  readonly onStart?: () => void;
  /** Called when the part is done. */
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
  /** Takes it out of the queue; if it is being worked on, it ends with its present part. */
  interrupt(): void;
}

interface QueuedJob extends Job {
  readonly stages: () => readonly Stage[];
  readonly interrupted: AbortController;
  readonly end: (outcome: JobOutcome) => void;
}

/** A simulated ComfyUI. */
export class ComfyProcess {
  /** The model in its memory; SwarmUI knows only the model that was loaded last. */
  loadedModel: string | null;
  /** Rung when it reports progress of a job. */
  readonly spoke = new Bell();
  readonly #clock: Clock;
  readonly #changed: Bell;
  readonly #queue: QueuedJob[] = [];
  #death = new AbortController();
  /** Aborted when it begins to hang; renewed when it continues. */
  #stall = new AbortController();
  /** Rung when it continues, or dies. */
  readonly #wentOn = new Bell();
  #nextNumber = 0;
  #isWorking = false;

  /** @param changed Rung when the queue changes, and when it dies or goes on. */
  constructor(clock: Clock, options: { readonly changed: Bell; readonly model: string | null }) {
    this.#clock = clock;
    this.#changed = options.changed;
    this.loadedModel = options.model;
  }

  /** False after `kill()`. */
  get isAlive(): boolean {
    return !this.#death.signal.aborted;
  }

  /** Whether it hangs: its HTTP does not answer, and its work does not go on. */
  get isHanging(): boolean {
    return this.#stall.signal.aborted;
  }

  /** All running and waiting jobs, in order; the first is being worked on. */
  get jobs(): readonly Job[] {
    return this.#queue;
  }

  /**
   * Adds a job to the queue. A dead ComfyUI loses it at once.
   *
   * @param workflow What `/queue` shows of it.
   * @param stages Its parts; asked for when it begins.
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

  /** Dies: all jobs are lost, and so is the model in memory. */
  kill(): void {
    this.#death.abort();
    this.resume();
    this.loadedModel = null;
    for (const job of [...this.#queue]) this.#finish(job, { kind: "lost" });
    this.#changed.ring();
  }

  /** Starts again, empty. */
  revive(): void {
    if (!this.isAlive) this.#death = new AbortController();
  }

  /** Hangs, as after SIGSTOP, until `resume()` or `kill()`. */
  hang(): void {
    if (this.isAlive) this.#stall.abort();
  }

  /** Continues after a hang. */
  resume(): void {
    if (!this.isHanging) return;
    this.#stall = new AbortController();
    this.#wentOn.ring();
    this.#changed.ring();
  }

  /** Resolves when it does not hang, at once if it does not now. */
  async whenGoingOn(): Promise<void> {
    await this.#wentOn.until(() => !this.isHanging);
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
      this.spoke.ring();
      if (stage.ms === Infinity) {
        await firstAbort([death, job.interrupted.signal]);
      } else if (stage.ms > 0 || this.isHanging) await this.#pass(stage.ms, death);
      if (death.aborted) return { kind: "lost" };
      stage.onEnd?.();
      this.spoke.ring();
      if (stage.failure !== undefined) return { kind: "failed", message: stage.failure };
    }
    return { kind: job.interrupted.signal.aborted ? "interrupted" : "done" };
  }

  /** Waits for a time during which it does not hang. */
  async #pass(ms: number, death: AbortSignal): Promise<void> {
    let leftMs = ms;
    while (!death.aborted) {
      if (this.isHanging) await this.whenGoingOn();
      if (leftMs <= 0 || death.aborted) return;
      const stall = this.#stall.signal;
      const beganMs = this.#clock.monotonicMs();
      await this.#clock.sleep(leftMs, AbortSignal.any([death, stall]));
      leftMs = stall.aborted ? leftMs - (this.#clock.monotonicMs() - beganMs) : 0;
    }
  }

  #finish(job: QueuedJob, outcome: JobOutcome): void {
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    job.end(outcome);
    this.#changed.ring();
  }
}
