/** Failures that a test can order (`swarmui-protocol.md §3.5, §4.3`). */

/**
 * What can fail in an image run, and in the last case in a model load:
 * - `refused`: ComfyUI does not accept the workflow
 * - `node_error`: a node fails at the second step
 * - `hang`: ComfyUI goes silent in the middle of the image, until it is interrupted
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

  /** Makes the next `times` image runs, or model loads, fail. */
  add(failure: Failure, times: number): void {
    if (failure === "load_failed") this.#failingLoads += times;
    else for (let count = 0; count < times; count++) this.#coming.push(failure);
  }

  /** The failure of the run that begins now. */
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
