/** Work that goes wrong when it is told to (`swarmui-protocol.md §3.5, §4.3`). */

/**
 * What may go wrong with an image run, and last with a model load:
 * - `refused`: ComfyUI does not take the workflow
 * - `node_error`: a node fails at the second step
 * - `hang`: ComfyUI says nothing more in the middle of the image, until it is interrupted
 * - `save_failed`: no disk space for the picture
 * - `lost`: no picture and no error either
 * - `discarded`: an extension removes the picture after it was announced
 * - `load_failed`: the next model load fails, while ComfyUI works on; no age changes, and a backend
 *   with AllowIdle becomes `idle` (`swarmui-protocol.md §20.1`)
 */
export type Failure =
  | "refused"
  | "node_error"
  | "hang"
  | "save_failed"
  | "lost"
  | "discarded"
  | "load_failed";

/** The failures that are still to come, in order. */
export class Failures {
  readonly #coming: Failure[] = [];
  #failingLoads = 0;

  /** Lets the next `times` image runs, or model loads, go wrong. */
  add(failure: Failure, times: number): void {
    if (failure === "load_failed") this.#failingLoads += times;
    else for (let count = 0; count < times; count++) this.#coming.push(failure);
  }

  /** What goes wrong with the run that begins now. */
  take(): Failure | null {
    return this.#coming.shift() ?? null;
  }

  /** Whether the model load that begins now fails. */
  takeFailingLoad(): boolean {
    if (this.#failingLoads <= 0) return false;
    this.#failingLoads--;
    return true;
  }
}
